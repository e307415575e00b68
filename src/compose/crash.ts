import type { LogFile } from "../host/log/file.ts";

/** A bug that escaped every handler must not go unseen: it is logged at once. The daemon goes on where its state is sound. */
export function logCrashes(log: LogFile): () => void {
  const onRejection = (reason: unknown): void => {
    log.write("error", "a promise was rejected and nobody looked", {
      stack: reason instanceof Error ? reason.stack : String(reason),
    });
  };
  const onException = (error: Error): void => {
    log.write("error", "an exception escaped; the process ends", { stack: error.stack });
    log.flushNow();
    process.exit(1);
  };
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  return () => {
    process.off("unhandledRejection", onRejection);
    process.off("uncaughtException", onException);
  };
}
