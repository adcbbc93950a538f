import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { describeApi } from '../../src/api/openapi.ts';
import { appDependencies } from '../support/api-alone.ts';
import { startBaton, type Baton } from '../support/baton.ts';
import { buildSubmission } from '../support/samples.ts';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly example?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
}
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    name: string;
    in: string;
    description?: string;
    schema: Schema;
  }[];
  readonly requestBody?: { content: Record<string, { schema: Schema }> };
  readonly responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}
interface Description {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly webhooks: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

const api = describeApi() as Description;
const operations = Object.entries({ ...api.paths, ...api.webhooks }).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method,
    path,
    operation,
  })),
);

/** Contracts with others than callers: Twilio and SendGrid, people with a link, the Temporal UI, and the pages that show this one. */
const NOT_FOR_CALLERS = /^\w+ (\/webhooks\/|\/h\/|\/docs|\/codec\/)/;

describe('the description', () => {
  test('has every route, and no other', () => {
    const app = createApp(appDependencies());
    const routes = (app.locals['routes'] as string[]).filter(
      (route) => !NOT_FOR_CALLERS.test(route),
    );
    expect(routes.length).toBeGreaterThan(20);

    expect(
      operations
        .filter(({ path }) => path.startsWith('/'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(routes.sort());
  });

  test('says of every field what it is, with an example', () => {
    const faults: string[] = [];
    const visit = (schema: Schema, at: string, isField: boolean): void => {
      const { $ref, description, examples, example } = schema;
      if ($ref === undefined && isField) {
        if (description === undefined) faults.push(`${at}: no description`);
        if (examples === undefined && example === undefined) faults.push(`${at}: no example`);
      }
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        visit(field, `${at}.${name}`, true);
      }
      if (schema.items) visit(schema.items, `${at}[]`, false);
      for (const option of schema.anyOf ?? []) visit(option, at, false);
      if (typeof schema.additionalProperties === 'object') {
        visit(schema.additionalProperties, `${at}.*`, false);
      }
    };
    for (const [name, schema] of Object.entries(api.components.schemas)) visit(schema, name, false);
    for (const { name, operation } of operations) {
      if (operation.summary === undefined) faults.push(`${name}: no summary`);
      for (const parameter of operation.parameters ?? []) {
        const { schema, ...rest } = parameter;
        visit({ ...schema, ...rest }, `${name} ${parameter.name}`, true);
      }
      for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
        visit(schema, name, false);
      }
      for (const response of Object.values(operation.responses)) {
        for (const { schema } of Object.values(response.content ?? {})) {
          if (schema) visit(schema, name, false);
        }
      }
    }
    expect(faults).toEqual([]);
  });

  test('of events shows what is posted to sources', () => {
    expect(Object.keys(api.webhooks)).toEqual(['handoff']);
  });
});

describe('another source', () => {
  let baton: Baton;
  let ids: { handoff: string; job: string };
  const OTHER = { Authorization: 'Bearer other-key-0123456789' };

  beforeAll(async () => {
    baton = await startBaton();
    const { id } = await baton.submit(buildSubmission());
    const withdrawal = await baton.call('POST', '/v1/handoffs/withdrawals', {
      createdUntil: '2020-01-01T00:00:00Z',
    });
    ids = { handoff: id, job: (withdrawal.body as { id: string }).id };
  });
  afterAll(async () => {
    await baton.stop();
  });

  /** What a body must have for a command to get as far as the handoff. */
  const BODIES: Readonly<Record<string, object>> = {
    take: { responder: 'bob' },
    snooze: { responder: 'bob' },
    pass: { responder: 'bob' },
    notes: { text: 'hello' },
    amend: { brief: { subject: 'mine now' } },
    reassign: { to: 'bob' },
  };
  const ofOneHandoff = operations.filter(
    ({ path }) =>
      path.startsWith('/v1/handoffs/{') ||
      path.startsWith('/v1/callbacks/{') ||
      path.includes('{job}'),
  );

  test.each(ofOneHandoff)('cannot use $name', async ({ method, path }) => {
    const url = path
      .replace('{id}', ids.handoff)
      .replace('{sequence}', '1')
      .replace('{job}', ids.job);
    const isGet = method === 'get';
    const body = BODIES[path.split('/').at(-1) ?? ''] ?? {};
    const before = await baton.read(ids.handoff);
    const verb = isGet ? 'GET' : 'POST';

    const refused = await baton.call(verb, url, isGet ? undefined : body, OTHER);

    expect(refused.status).toBe(404);
    expect(JSON.stringify(refused.body)).not.toContain('Lopez');
    const after = await baton.read(ids.handoff);
    expect(after.timeline.length).toBeGreaterThanOrEqual(before.timeline.length);
    expect(after.timeline.map(({ because }) => because).join()).not.toContain('other');
    expect(after.status).toBe(before.status);
  });

  test.each(['/v1/handoffs', '/v1/callbacks', '/v1/stats'])('finds nothing by %s', async (path) => {
    const { status, body } = await baton.call('GET', path, undefined, OTHER);
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain(ids.handoff);
    expect(JSON.stringify(body)).not.toContain('"crm"');
    const named = await baton.call('GET', `${path}?source=crm`, undefined, OTHER);
    expect(named.status).toBe(403);
  });

  test('without a key every route is 401', async () => {
    const behindKey = operations.filter(({ path }) => path.startsWith('/v1/'));
    for (const { method, path, name } of behindKey) {
      const response = await fetch(`${baton.url}${path.replace(/\{\w+\}/g, 'x')}`, {
        method: method.toUpperCase(),
      });
      expect([name, response.status]).toEqual([name, 401]);
    }
  });
});
