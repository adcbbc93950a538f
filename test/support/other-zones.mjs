// Preloaded into a worker (NODE_OPTIONS=--import): a time-zone database in which New York lies three hours further
// west, as if its rules had been changed.
const { DateTimeFormat } = Intl;

Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
  construct(target, [locales, options = {}]) {
    const { timeZone } = options;
    return new target(locales, {
      ...options,
      ...(timeZone === 'America/New_York' && { timeZone: 'America/Los_Angeles' }),
    });
  },
});
