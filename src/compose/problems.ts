import { type ConfigProblem, formatProblem } from "../config/problem.ts";
import type { StateFault } from "../host/state.ts";
import type { StoreFault } from "../stores/ports.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";

/** A configuration that cannot be used (exit code 3), every problem on lines of its own. */
export function configProblem(problems: readonly ConfigProblem[]): CliProblem {
  return {
    code: "config_invalid",
    message: problems.map(formatProblem).join("\n"),
    fix: "correct the lines named above; `lodestar config check` checks without starting",
    exitCode: EXIT_CODES.config,
  };
}

/** A state directory that cannot be used; a running owner is named with its pid and URL. */
export function stateProblem(fault: StateFault): CliProblem {
  const { owner } = fault;
  const facts = {
    ...(owner?.pid === null || owner?.pid === undefined ? {} : { pid: owner.pid }),
    ...(owner?.apiUrl === null || owner?.apiUrl === undefined ? {} : { apiUrl: owner.apiUrl }),
  };
  return { ...failureProblem(fault.code, fault.message), facts };
}

/** A database that cannot be used. */
export function storeProblem(fault: StoreFault): CliProblem {
  return failureProblem(fault.code, fault.message, fault.fix);
}
