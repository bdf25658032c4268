/* The sentences of "why were you asked this", in English. */
import type { Catalogue } from '../text';
import type { WhyMode, WhyReason } from './why';

export const whyInEnglish = {
  asked: (client: string, mode: WhyMode, reason: WhyReason) => {
    const asks = { known_browser: 'only asks', client: 'always asks', new_browser: 'asks', network: 'asks', group: 'asks', default: 'asks' }[reason];
    const what = { confirm: 'you to compare a code', choose: 'you to pick a number', enter: 'for the number', code: 'for a code' }[mode];
    const because = {
      new_browser: ' because this browser is new',
      known_browser: ' because you have used this browser before',
      network: ' because of the network you are on',
      group: ' because of a group you are in',
      client: '',
      default: ', as most services here do',
    }[reason];
    return `${client} ${asks} ${what}${because}.`;
  },
  caution: (client: string) => `Because a recent request was refused, ${client} asks for a longer number in new browsers.`,
  requested: (client: string) => `${client} asked for this kind of sign-in.`,
  password_only: (client: string) => `${client} asks only for your password.`,
  not_allowed: (client: string) => `${client} is not open to this account.`,
  no_factor: (client: string) => `${client} needs a way of signing in that this account does not have.`,
};

export type WhyWords = Catalogue<typeof whyInEnglish>;
