// Who may import whom. Each comment tells the offender what to do instead.
const folder = (name) => `^src/${name}/`;

/** A folder of src may import only the listed src paths; npm packages and node built-ins are ruled separately. */
const onlyImports = (name, allowed, comment) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment,
  from: { path: folder(name) },
  to: { path: '^src/', pathNot: [folder(name), ...allowed] },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two files that need each other are one idea or three: move what they share to a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-never-imports-test',
      severity: 'error',
      comment: 'Production code cannot depend on test code: move what is shared into src.',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'nothing-imports-deploy',
      severity: 'error',
      comment: 'deploy/ runs Baton from outside: only tests use it as a library.',
      from: { path: '^src/' },
      to: { path: '^deploy/' },
    },
    {
      name: 'deploy-imports',
      severity: 'error',
      comment:
        'The native stack finds programs and settings as npm run dev does; Baton itself it starts from dist/, as a process.',
      from: { path: '^deploy/' },
      to: { path: '^(src|test)/', pathNot: ['^src/temporal/', '^src/config\\.ts$'] },
    },
    {
      name: 'nothing-imports-examples',
      severity: 'error',
      comment: 'Examples are programs of others: move what Baton needs into src.',
      from: { path: '^(src|test|deploy)/' },
      to: { path: '^examples/' },
    },
    {
      name: 'examples-import-the-client',
      severity: 'error',
      comment:
        'People copy an example: it may use its own files, its own packages and baton/client, as any other program.',
      from: { path: '^examples/([^/]+)/src/' },
      to: {
        path: '^(src|test|deploy|examples)/',
        pathNot: ['^examples/$1/', '^src/client/index\\.ts$'],
      },
    },
    onlyImports('domain', [], 'The domain is pure: pass the value in instead of importing it.'),
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment:
        'The domain has no clock, environment, network or log. It may use zod, luxon, the segment calculator and libphonenumber-js (pure); anything else is passed in.',
      from: { path: folder('domain') },
      to: {
        dependencyTypesNot: ['local', 'undetermined'],
        pathNot: 'node_modules/(zod|luxon|@types/luxon|sms-segments-calculator|libphonenumber-js)/',
      },
    },
    onlyImports(
      'workflows',
      [
        folder('domain'),
        '^src/activities/',
        '^src/people/',
        '^src/temporal/(search-attributes|task-queues)\\.ts$',
      ],
      'A workflow imports the pure domain, and types of activities; everything else happens in an activity.',
    ),
    {
      name: 'workflows-import-activity-types-only',
      severity: 'error',
      comment: 'Use `import type`: activity code must not enter the workflow bundle.',
      from: { path: folder('workflows') },
      to: { path: '^src/(activities|people)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-know-no-time-zones',
      severity: 'error',
      comment:
        'Time-zone data changes between worker builds and would break replay: compute it in an activity.',
      from: { path: folder('workflows') },
      to: {
        path: '^src/domain/(plan-tier|local-time|targets|moment|dry-run|preview|coverage|check|submission|design-test|away|availability/|messages/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'workflows-use-only-the-workflow-sdk',
      severity: 'error',
      comment:
        'Workflow code may use @temporalio/workflow (and common), nothing else from npm or node.',
      from: { path: folder('workflows') },
      to: {
        dependencyTypesNot: ['local', 'undetermined', 'type-only'],
        pathNot: 'node_modules/@temporalio/(workflow|common)/',
      },
    },
    onlyImports(
      'activities',
      [
        folder('domain'),
        folder('directory'),
        folder('links'),
        folder('sources'),
        folder('people'),
        '^src/temporal/(grpc-status|search-attributes|task-queues)\\.ts$',
        '^src/workflows/messages\\.ts$',
        '^src/deadline\\.ts$',
        '^src/logger\\.ts$',
      ],
      'Activities get configuration and clients as dependencies; they never reach into api or entries.',
    ),
    onlyImports(
      'people',
      [
        folder('domain'),
        '^src/temporal/(absences|grpc-status)\\.ts$',
        '^src/workflows/messages\\.ts$',
      ],
      'people/ asks the workflows of people and handoffs; it knows neither HTTP nor providers.',
    ),
    onlyImports(
      'api',
      [
        folder('domain'),
        folder('directory'),
        folder('links'),
        folder('pages'),
        folder('people'),
        folder('sources'),
        folder('temporal'),
        '^src/workflows/messages\\.ts$',
        '^src/logger\\.ts$',
      ],
      'The API reaches a handoff only through the Temporal client and workflows/messages.ts.',
    ),
    onlyImports(
      'cli',
      [
        folder('domain'),
        folder('directory'),
        folder('pages'),
        folder('sources'),
        '^src/logger\\.ts$',
      ],
      'The command line reads files and asks the domain; it needs no server and no Temporal.',
    ),
    onlyImports(
      'sources',
      [folder('domain'), '^src/directory/load\\.ts$', '^src/logger\\.ts$'],
      'sources/ reads and writes one file; it knows neither HTTP nor Temporal.',
    ),
    onlyImports(
      'client',
      [folder('domain')],
      'The client runs in other programs: types of the domain only.',
    ),
    onlyImports('pages', [folder('domain')], 'A page is made from values: pass in what it shows.'),
    onlyImports('links', [], 'links/ signs and checks; it knows nothing of what it links to.'),
    onlyImports(
      'directory',
      [folder('domain'), '^src/deadline\\.ts$'],
      'The directory only reads files and calendars.',
    ),
    onlyImports(
      'temporal',
      [folder('domain')],
      'temporal/ connects to a server; what runs there is not its business.',
    ),
    onlyImports(
      'watch',
      [folder('domain'), folder('temporal'), '^src/logger\\.ts$'],
      'The watch looks at Baton from outside: Temporal and HTTP, nothing of worker or API.',
    ),
    onlyImports(
      'simulator',
      [folder('domain')],
      'The simulator stands outside Baton, as Twilio does: it talks HTTP. Types of domain only.',
    ),
    {
      name: 'simulator-stays-out-of-production',
      severity: 'error',
      comment: 'The simulator is for dev and tests: only src/dev.ts may start it.',
      from: { path: '^src/', pathNot: ['^src/simulator/', '^src/dev\\.ts$'] },
      to: { path: folder('simulator') },
    },
    {
      name: 'entries-are-imported-by-nobody',
      severity: 'error',
      comment:
        'worker.ts, server.ts, watch.ts, dev.ts and cli.ts are entries: move what you need into a module.',
      from: { path: '^src/' },
      to: { path: '^src/(worker|server|watch|dev|cli)\\.ts$' },
    },
    {
      name: 'no-unlisted-packages',
      severity: 'error',
      comment: 'Declare the package in package.json, or production will miss it.',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
