/* Arabic. Numbers to carry over, codes and clocks stay in Latin digits, as they stand on the sign-in page. */
import type { Plurals } from '../../shared/text';
import type { Text } from './en';

export const ar = (plural: Plurals): Text => ({
  app: 'Symbolon',
  loading: 'جارٍ التحميل',
  partMissing: 'تعذّر جلب هذا الجزء. قد تكون هناك نسخة أحدث، أو لا يوجد اتصال.',
  reload: 'إعادة التحميل',
  close: 'إغلاق',
  cancel: 'إلغاء',
  back: 'رجوع',
  done: 'تم',
  tryAgain: 'حاول مرة أخرى',
  addAccount: 'إضافة حساب',
  mainNavigation: 'التنقل الرئيسي',
  skip: 'انتقل إلى المحتوى',
  tabs: { requests: 'الطلبات', codes: 'الرموز', history: 'السجل', health: 'الحالة' },
  waiting: (count) => plural(count, { zero: 'لا طلبات تنتظر', one: 'طلب واحد ينتظر', two: 'طلبان ينتظران', few: '# طلبات تنتظر', many: '# طلبًا ينتظر', other: '# طلب ينتظر' }),
});
