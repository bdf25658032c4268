/* The few words of notifications; the worker has no page to take them from, and no time to fetch a catalogue. */
const en = {
  dir: 'ltr' as NotificationDirection,
  title: 'Sign-in request',
  body: 'Open to review',
  review: 'Review',
  notMe: 'Not me',
  over: 'This request is over',
  overBody: 'Nothing to do.',
  stopped: 'Stopped',
  stoppedBody: 'Nobody got in. Open the app to tell what happened.',
  unsent: 'Not sent yet',
  unsentBody: 'Open the app to turn this request down.',
  test: 'Test message',
  testBody: 'Notifications reach this device.',
  news: 'Something is waiting for you',
};

const ar: typeof en = {
  dir: 'rtl',
  title: 'طلب تسجيل دخول',
  body: 'افتح للمراجعة',
  review: 'مراجعة',
  notMe: 'لست أنا',
  over: 'انتهى هذا الطلب',
  overBody: 'لا شيء عليك فعله.',
  stopped: 'تم الإيقاف',
  stoppedBody: 'لم يدخل أحد. افتح التطبيق لتخبرنا بما حدث.',
  unsent: 'لم يُرسل بعد',
  unsentBody: 'افتح التطبيق لرفض هذا الطلب.',
  test: 'رسالة اختبار',
  testBody: 'الإشعارات تصل إلى هذا الجهاز.',
  news: 'هناك ما ينتظرك',
};

export const CATALOGUES = { en, ar };
export type Words = typeof en;

export function wordsFor(languages: readonly string[]): Words {
  for (const tag of languages) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'en' || primary === 'ar') return CATALOGUES[primary];
  }
  return en;
}
