/* The sentences of "why were you asked this", in Arabic. */
import type { WhyWords } from './en';

export const whyInArabic: WhyWords = {
  asked: (client, mode, reason) => {
    const what = { confirm: 'مقارنة رمز', choose: 'اختيار رقم', enter: 'كتابة الرقم', code: 'رمزًا' }[mode];
    const because = {
      new_browser: ' لأن هذا المتصفح جديد',
      known_browser: ' فقط، لأنك استخدمت هذا المتصفح من قبل',
      network: ' بسبب الشبكة التي تتصل منها',
      group: ' بسبب مجموعة تنتمي إليها',
      client: ' دائمًا',
      default: '، كمعظم الخدمات هنا',
    }[reason];
    return `تطلب خدمة ${client} ${what}${because}.`;
  },
  caution: (client) => `لأن طلبًا حديثًا قد رُفض، تطلب خدمة ${client} رقمًا أطول في المتصفحات الجديدة.`,
  requested: (client) => `طلبت خدمة ${client} هذا النوع من تسجيل الدخول.`,
  password_only: (client) => `تطلب خدمة ${client} كلمة المرور فقط.`,
  not_allowed: (client) => `خدمة ${client} غير متاحة لهذا الحساب.`,
  no_factor: (client) => `تتطلب خدمة ${client} طريقة تسجيل دخول غير متوفرة في هذا الحساب.`,
};
