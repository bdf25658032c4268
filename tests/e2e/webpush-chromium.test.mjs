// Debian's Chromium as a person's authenticator, woken by real Web Push.
import { webPushTests } from "./lib/webpush_tests.mjs";

webPushTests("chromium");
