import type { StoreFault } from "./ports.ts";

/** A write that the store refused, with what a person should know of it. */
export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, cause: unknown) {
    super(`${fault.message} ${fault.fix}`, { cause });
    this.name = "StoreError";
    this.fault = fault;
  }
}
