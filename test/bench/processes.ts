import { readdirSync, readFileSync } from 'node:fs';

/** proc_pid_stat(5): CPU times come in ticks of 10 ms. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** Returns what processes with their children use from now on, as ms of CPU for each of a number of things. */
export function measureCpu(processes: Readonly<Record<string, number | undefined>>): {
  per(count: number): Record<string, string>;
} {
  const read = (): Record<string, number> => {
    const all = listProcesses();
    return Object.fromEntries(
      Object.entries(processes).map(([name, pid]) => [name, pid === undefined ? 0 : sum(all, pid)]),
    );
  };
  const before = read();
  return {
    per(count) {
      const used = Object.entries(read()).map(
        ([name, ms]) => [`CPU ${name}`, (ms - (before[name] ?? 0)) / count] as const,
      );
      const total = used.reduce((all, [, ms]) => all + ms, 0);
      return Object.fromEntries(
        [...used, ['CPU in all', total] as const].map(([name, ms]) => [name, ms.toFixed(1)]),
      );
    },
  };
}

/** Returns the memory that a process holds, in bytes. */
export function readRss(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid ?? 'self'}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

function listProcesses(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The command in brackets may hold spaces.
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const [parent, user, system] = [fields[1], fields[11], fields[12]].map(Number);
      // Children that ended count for their parent.
      const [ended, endedSystem] = [fields[13], fields[14]].map(Number);
      const ticks = (user ?? 0) + (system ?? 0) + (ended ?? 0) + (endedSystem ?? 0);
      return [{ pid: Number(name), parent: parent ?? 0, cpuMs: ticks * TICK_MS }];
    } catch {
      return [];
    }
  });
}

function sum(all: readonly Process[], pid: number): number {
  const own = all.find((one) => one.pid === pid)?.cpuMs ?? 0;
  // What this very process started is measured by itself.
  const children = pid === process.pid ? [] : all.filter(({ parent }) => parent === pid);
  return own + children.reduce((total, child) => total + sum(all, child.pid), 0);
}
