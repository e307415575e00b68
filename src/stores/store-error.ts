import { KnownError } from "../core/known-error.ts";
import type { StoreFault } from "./ports.ts";

/** A read or write that the store refused, with what a person should know of it. */
export class StoreError extends KnownError {
  constructor(fault: StoreFault, cause: unknown) {
    super(fault, cause);
    this.name = "StoreError";
  }
}
