import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { testCache } from './test-server.ts';

const VERSION = '1.38.0';
const CACHE_DIRECTORY = testCache();

/** The protocol's numbers of the types: temporal.api.enums.v1.IndexedValueType. */
const INDEXED_VALUE_TYPES = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>baton</groupId>
  <artifactId>time-skipping</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/**
 * The SDK gives the port as the only argument and ends the process it started: hence exec. The flags halve the
 * start of a process that lives for seconds. The server's only words are that it has no logger.
 */
const START_SCRIPT = `#!/bin/sh
here=$(dirname "$0")
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$here/jars/*" io.temporal.testserver.TestServer "$@" 2>"$here/last-errors.log"
`;

/** The SDK gives the server 5 s to answer; on a busy machine a JVM can need longer. */
const START_ATTEMPTS = 3;

/**
 * Starts Temporal's Java test server, whose clock skips to the next timer while a result is awaited or
 * `env.sleep()` waits: days pass in seconds. It does not skip while an update's result is awaited. Comes from
 * the cache, from Maven, or from the SDK's download; throws with what to install when there is none of them.
 */
export async function createTimeSkippingEnvironment({
  searchAttributes = {},
}: {
  readonly searchAttributes?: Readonly<Record<string, keyof typeof INDEXED_VALUE_TYPES>>;
} = {}): Promise<TestWorkflowEnvironment> {
  const environment = await startEnvironment();
  const attributes = Object.entries(searchAttributes).map(
    ([name, type]) => [name, INDEXED_VALUE_TYPES[type]] as const,
  );
  if (attributes.length > 0) {
    await environment.connection.operatorService.addSearchAttributes({
      namespace: environment.namespace ?? 'default',
      searchAttributes: Object.fromEntries(attributes),
    });
  }
  return environment;
}

async function startEnvironment(): Promise<TestWorkflowEnvironment> {
  let mavenFailure: unknown;
  try {
    const path = await prepareJars();
    return await startPatiently(path);
  } catch (error) {
    mavenFailure = error;
  }
  try {
    await mkdir(CACHE_DIRECTORY, { recursive: true });
    const executable = { type: 'cached-download', downloadDir: CACHE_DIRECTORY } as const;
    return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  } catch (downloadFailure) {
    throw new Error(
      [
        "Tests of long waits need Temporal's Java test server. Install Java and Maven (Debian: apt-get install default-jdk-headless maven; macOS: brew install openjdk maven), or let the Temporal SDK reach the internet once.",
        `Tried Maven: ${String(mavenFailure)}`,
        `Tried the SDK's download: ${String(downloadFailure)}`,
      ].join('\n'),
    );
  }
}

async function startPatiently(path: string): Promise<TestWorkflowEnvironment> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const executable = { type: 'existing-path', path } as const;
      return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** Returns the script that starts the server, after fetching its jars if this is the first time. */
async function prepareJars(): Promise<string> {
  const directory = join(CACHE_DIRECTORY, `temporal-test-server-${VERSION}`);
  const script = join(directory, 'start.sh');
  await promisify(execFile)('java', ['-version']);
  if (await exists(script)) return script;
  await mkdir(CACHE_DIRECTORY, { recursive: true });
  const workshop = await mkdtemp(`${directory}-`);
  try {
    await writeFile(join(workshop, 'pom.xml'), POM);
    const output = `-DoutputDirectory=${join(workshop, 'jars')}`;
    await promisify(execFile)('mvn', ['-B', '-q', 'dependency:copy-dependencies', output], {
      cwd: workshop,
    });
    await writeFile(join(workshop, 'start.sh'), START_SCRIPT, { mode: 0o755 });
    // Two test files may get here at once: the second rename fails, and what it would replace is the same.
    await rename(workshop, directory).catch(async (error: unknown) => {
      if (!(await exists(script))) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return script;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
