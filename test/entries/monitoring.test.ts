import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { z } from 'zod';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

/** The figures that Baton has, by the names in the code that makes them. */
const KNOWN = new Set(
  ['src/workflows/metrics.ts', 'src/api/metrics.ts', 'src/watch/serve.ts'].flatMap((file) =>
    [...read(file).matchAll(/'(baton_\w+)'/g)].map(([, name]) => name ?? ''),
  ),
);

/** Lists the figures that an expression needs, without what Prometheus adds to the names of histograms. */
function listFigures(expression: string): string[] {
  return [...expression.matchAll(/\bbaton_\w+/g)].map(([name]) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return KNOWN.has(base) ? base : base.replace(/_seconds$/, '');
  });
}

const alertsSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Baton[A-Z]\w+$/),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.strictObject({
            summary: z.string().endsWith('.'),
            description: z.string().endsWith('.'),
          }),
        }),
      ),
    }),
  ),
});
const dashboardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).min(1) }),
  ),
});

test('alert rules and dashboard ask only for figures that there are', () => {
  const { groups } = alertsSchema.parse(parse(read('deploy/prometheus/alerts.yaml')));
  const { panels } = dashboardSchema.parse(JSON.parse(read('deploy/grafana/baton.json')));
  const expressions = [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  expect(expressions.length).toBeGreaterThan(15);
  for (const expression of expressions) {
    const figures = listFigures(expression);
    expect(figures, expression).not.toEqual([]);
    for (const figure of figures) expect(KNOWN, expression).toContain(figure);
  }
});
