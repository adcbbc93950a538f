import fc from 'fast-check';

// What guards main must give the same answer for the same commit; `npm run test:all` looks for new counterexamples.
fc.configureGlobal({ seed: 20_261_123 });
