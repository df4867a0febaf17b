/** What a process has used so far, as the kernel counts it. */
import { readFile } from 'node:fs/promises';

/** USER_HZ of Linux, in which proc_pid_stat(5) counts, whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

/** The time that a process has had of the processors, in the program and in the kernel for it, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program may hold spaces; it ends with the last bracket. Then comes the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return (userTicks + systemTicks) / TICKS_PER_SECOND;
}
