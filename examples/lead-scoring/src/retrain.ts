import type { Store } from './store.ts';
import { makeExamples, train, type Training } from './training.ts';

/** Trains with all outcomes known and takes the model into use if it is better than the one in use. */
export function retrain(store: Store, now = new Date()): Training {
  const training = train(
    makeExamples(store.labels(), (lead) => store.eventsOf(lead)),
    { current: store.currentModel(), now: now.toISOString() },
  );
  if (training.isBetter && training.model) store.addModel(training.model);
  return training;
}

/** Returns a training in words and figures. */
export function describeTraining({ model, current, isBetter, because }: Training): string {
  const line = (
    name: string,
    figures: { auc: number; calibrationError?: number; logLoss?: number },
  ): string =>
    `  ${name.padEnd(14)} ${[figures.auc, figures.calibrationError, figures.logLoss]
      .map((value) => (value === undefined ? '' : value.toFixed(4)).padEnd(18))
      .join('')}`.trimEnd();
  return [
    ...(model
      ? [
          `Trained with ${model.report.trainedWith} leads, tried with ${model.report.heldOut} others:`,
          `                 AUC               calibration error log loss`,
          line('the new model', model.report),
          ...(current ? [line('the one in use', current)] : []),
          line('rules', { auc: model.report.rulesAuc }),
        ]
      : []),
    `${isBetter ? 'In use now' : 'Not used'}: ${because}`,
  ].join('\n');
}
