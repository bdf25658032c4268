/* The requests of docs/account-api.md. */
import { getJson, postJson, type Answer } from '../shared/http';

const BASE = '/account/v1';
const id = encodeURIComponent;

export const fetchOverview = () => getJson(`${BASE}/overview`);
export const fetchHistory = (before: string | null, limit: number) =>
  getJson(`${BASE}/history?limit=${limit}${before ? `&before=${id(before)}` : ''}`);
export const signOutHere = () => postJson('/signin/v1/logout', {});

export const beginEnrolment = () => post('enrolments');
export const fetchEnrolment = (enrolment: string) => getJson(`${BASE}/enrolments/${id(enrolment)}`);
export const confirmEnrolment = (enrolment: string, digits: string) => post(`enrolments/${id(enrolment)}/confirm`, { digits });
export const cancelEnrolment = (enrolment: string) => post(`enrolments/${id(enrolment)}/cancel`);
export const enrolmentEvents = (enrolment: string) => `${BASE}/enrolments/${id(enrolment)}/events`;

export const renameDevice = (device: string, name: string) => post(`devices/${id(device)}/rename`, { name });
export const testDevice = (device: string) => post(`devices/${id(device)}/test`);
export const removeDevice = (device: string) => post(`devices/${id(device)}/remove`);

export const beginTotp = (label: string) => post('totp', label ? { label } : {});
export const confirmTotp = (totp: string, code: string) => post(`totp/${id(totp)}/confirm`, { code });
export const renameTotp = (totp: string, label: string) => post(`totp/${id(totp)}/rename`, { label });
export const removeTotp = (totp: string) => post(`totp/${id(totp)}/remove`);
export const issueRecovery = () => post('recovery');

export const changePassword = (before: string | null, after: string) =>
  post('password', before === null ? { new: after } : { old: before, new: after });

export const forgetBrowser = (browser: string) => post(`browsers/${id(browser)}/remove`);
export const endSession = (session: string) => post(`sessions/${id(session)}/end`);
export const endOtherSessions = () => post('sessions/end_others');
export const exportData = () => post('export');

function post(path: string, body: object = {}): Promise<Answer> {
  return postJson(`${BASE}/${path}`, body);
}
