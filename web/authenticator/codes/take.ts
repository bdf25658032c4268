/* Puts the generator that comes with an enrolment into the vault. */
export async function takeOtpauth(_uri: string): Promise<void> {
  throw new Error('no vault');
}
