/** What happened, what a person can do about it, and a stable code in snake case. */
export interface KnownFault {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/**
 * An expected failure of the machine, thrown where a value cannot be returned (in the midst of reading rows). Every edge shows
 * its fault and does not call it a bug.
 */
export class KnownError extends Error {
  readonly fault: KnownFault;

  constructor(fault: KnownFault, cause: unknown) {
    super(`${fault.message} ${fault.fix}`, { cause });
    this.name = "KnownError";
    this.fault = fault;
  }
}
