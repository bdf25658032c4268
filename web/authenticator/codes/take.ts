import { receive } from './state';

/*
 * Puts the generator that came with an enrolment into the vault, or beside it until it is unlocked. Never overwrites: one
 * that is here already stays one. Rejects with a VaultProblem when the link is none or nothing can be stored.
 */
export function takeOtpauth(uri: string): Promise<void> {
  return receive(uri);
}
