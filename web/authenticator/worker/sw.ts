/* The service worker: keeps the app for times without a network, and takes pushes while it is closed. */
import { subscribeAll } from '../push/subscription';
import { tell } from '../store/tabs';
import { activeAccounts, denyRequest, openApp, showRequest, takePush } from './pushes';
import { dropOldCaches, fillCache, shellAnswer } from './shell';

declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', (event) => {
  event.waitUntil(fillCache().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const answer = shellAnswer(event.request);
  if (answer) event.respondWith(answer);
});

self.addEventListener('push', (event) => {
  event.waitUntil(takePush(event.data));
});

/* A page in the background heard of a request where no push arrives. */
self.addEventListener('message', (event) => {
  const { ring } = (event.data ?? {}) as { ring?: unknown };
  if (typeof ring === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(ring)) event.waitUntil(showRequest(ring));
});

self.addEventListener('notificationclick', (event) => {
  const { id = null, settled = false } = (event.notification.data ?? {}) as { id?: string; settled?: boolean };
  event.notification.close();
  event.waitUntil(event.action === 'deny' && id ? denyRequest(id) : openApp(settled ? null : id));
});

/* The push service took the subscription away, or gave another: tell the provider at once, with no page open. */
self.addEventListener('pushsubscriptionchange', (event) => {
  (event as ExtendableEvent).waitUntil(
    activeAccounts()
      .then((accounts) => subscribeAll(self.registration.pushManager, accounts))
      .then(() => tell({ kind: 'changed' })),
  );
});
