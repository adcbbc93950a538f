/*
 * `npm run train`: learns from all outcomes known; a program that runs uses the new model at once. Ends with 1 when there is
 * no better model.
 */
import { readConfig } from './config.ts';
import { describeTraining, retrain } from './retrain.ts';
import { openStore } from './store.ts';

const store = openStore(readConfig(process.env).LEADS_DATABASE);
const training = retrain(store);
console.log(describeTraining(training));
store.close();
process.exitCode = training.isBetter ? 0 : 1;
