// Preloaded into a process (NODE_OPTIONS=--import): a clock that somebody moves by up to a minute, forwards and back,
// every few seconds. What a workflow sees is the server's clock all the same.
const EVERY_MS = 5_000;
const BY_MS = 60_000;
const { now } = Date;
let movedMs = 0;
setInterval(() => {
  movedMs = Math.round((2 * Math.random() - 1) * BY_MS);
}, EVERY_MS).unref();

globalThis.Date = new Proxy(Date, {
  construct: (target, parameters, newTarget) =>
    Reflect.construct(target, parameters.length > 0 ? parameters : [now() + movedMs], newTarget),
  get: (target, key) => (key === 'now' ? () => now() + movedMs : Reflect.get(target, key)),
});
