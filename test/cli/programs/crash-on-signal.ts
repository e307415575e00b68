import { runProcess } from "../../../src/cli/process.ts";

/** The command line, with a bug that SIGUSR2 sets off: an error that nobody catches. */
process.on("SIGUSR2", () => {
  setTimeout(() => {
    throw new Error("a bug of this test");
  }, 0);
});

void runProcess("0.0.0-test");
