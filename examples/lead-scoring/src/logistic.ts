import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/** What a regression learns from. */
export interface Rows {
  readonly inputs: readonly (readonly number[])[];
  /** Between 0 and 1. */
  readonly targets: readonly number[];
  /** How much each row counts; all the same by default. */
  readonly counts?: readonly number[];
}

/** The straight line in log-odds that a regression found. */
export interface Line {
  readonly intercept: number;
  readonly weights: readonly number[];
}

const MAX_STEPS = 50;
const TOLERANCE = 1e-10;

/**
 * Returns the logistic regression of the rows, with a penalty of `ridge`/2 times the squared weights (not the intercept):
 * the maximum that scikit-learn's LogisticRegression finds with C = 1/ridge, by Newton's method on ml-matrix. No package
 * for it on npm is both kept up and regularised; the test holds it against scikit-learn's figures.
 */
export function fitLogistic({ inputs, targets, counts }: Rows, ridge: number): Line {
  const columns = (inputs[0]?.length ?? 0) + 1;
  let weights = new Array<number>(columns).fill(0);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const gradient = weights.map((weight, column) => (column === 0 ? 0 : -ridge * weight));
    const hessian = weights.map((_, row) =>
      weights.map((__, column) => (row === column ? (row === 0 ? 1e-9 : ridge) : 0)),
    );
    inputs.forEach((input, index) => {
      const row = [1, ...input];
      const probability = sigmoid(dot(row, weights));
      const count = counts?.[index] ?? 1;
      const error = count * ((targets[index] ?? 0) - probability);
      const curvature = count * probability * (1 - probability);
      for (let one = 0; one < columns; one += 1) {
        const scaled = curvature * (row[one] ?? 0);
        gradient[one] = (gradient[one] ?? 0) + error * (row[one] ?? 0);
        const line = hessian[one] ?? [];
        for (let other = 0; other <= one; other += 1)
          line[other] = (line[other] ?? 0) + scaled * (row[other] ?? 0);
      }
    });
    const symmetric = hessian.map((line, row) =>
      line.map((value, column) => (column <= row ? value : (hessian[column]?.[row] ?? 0))),
    );
    const change = new CholeskyDecomposition(new Matrix(symmetric))
      .solve(Matrix.columnVector(gradient))
      .to1DArray();
    // A step as long as that would overshoot where the data can be told apart without an error.
    const shrink = Math.min(1, 5 / Math.max(...change.map(Math.abs), Number.EPSILON));
    weights = weights.map((weight, column) => weight + shrink * (change[column] ?? 0));
    if (Math.max(...change.map(Math.abs)) < TOLERANCE) break;
  }
  const [intercept = 0, ...rest] = weights;
  return { intercept, weights: rest };
}

/** Returns the probability of log-odds. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Returns the sum of the products of two rows. */
export function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}
