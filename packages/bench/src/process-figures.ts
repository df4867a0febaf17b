/** What a process has used so far, as the kernel counts it (proc_pid_stat(5), proc_pid_status(5)). */
import { readFile, readdir } from 'node:fs/promises';

/** Linux counts in hundredths of a second, whatever the kernel's own clock (time(7), USER_HZ). */
const US_PER_TICK = 10_000;
const KIB = 1024;

/** The memory that a process holds, and the most that it has held. */
export interface Memory {
  readonly bytes: number;
  readonly peakBytes: number;
}

export async function processMemory(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (key: string) => Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(text)?.[1]) * KIB;
  return { bytes: field('VmRSS'), peakBytes: field('VmHWM') };
}

/** The CPU time of a process in µs: of all its threads, and of the one that runs JavaScript. */
export async function processCpuUs(pid: number): Promise<{ readonly all: number; readonly main: number }> {
  const [all, main] = await Promise.all([
    readStat(`/proc/${pid}/stat`),
    readStat(`/proc/${pid}/task/${pid}/stat`),
  ]);
  return { all: all.cpuUs, main: main.cpuUs };
}

/** The CPU time in µs of whatever a process has started and still runs: of PostgreSQL, its backends and writers. */
export async function childrenCpuUs(parent: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // A process may be gone before it is looked at.
  const stats = await Promise.all(
    pids.map(async (pid) => await readStat(`/proc/${pid}/stat`).catch(() => undefined)),
  );
  return stats.reduce((sum, stat) => sum + (stat?.parent === parent ? stat.cpuUs : 0), 0);
}

async function readStat(path: string): Promise<{ readonly parent: number; readonly cpuUs: number }> {
  const text = await readFile(path, 'utf8');
  // The name of the program stands in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, userTicks, systemTicks] = [fields[1], fields[11], fields[12]].map(Number);
  return { parent: parent ?? 0, cpuUs: ((userTicks ?? 0) + (systemTicks ?? 0)) * US_PER_TICK };
}
