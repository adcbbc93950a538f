/*
 * `npm run import -- FILE…`: takes in CSV files with events or outcomes.
 */
import { readFileSync } from 'node:fs';
import { readConfig } from './config.ts';
import { importCsv, InvalidCsvError } from './import.ts';
import { openStore } from './store.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('Name one or more CSV files: npm run import -- events.csv outcomes.csv');
  process.exitCode = 2;
}
const store = openStore(readConfig(process.env).LEADS_DATABASE);
for (const file of files) {
  try {
    const { events, outcomes, known } = importCsv(store, readFileSync(file, 'utf8'));
    console.log(`${file}: ${events} events, ${outcomes} outcomes; ${known} were known before.`);
  } catch (error) {
    if (!(error instanceof InvalidCsvError)) throw error;
    console.error(`${file}: ${error.message}`);
    process.exitCode = 1;
  }
}
store.close();
