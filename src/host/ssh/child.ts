import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SshBox, SshTarget } from "../../core/ssh-address.ts";
import type { Clock } from "../clock.ts";
import { forwardArguments, KEEPER, type SshTools, sshEnvironment } from "./command.ts";
import { problemOfChannel, problemOfExit, type SshProblem, sshProblem } from "./problem.ts";

/** One ssh that forwards a socket; it tells what becomes of it. */
export interface SshChild {
  /** Ends it at once; nothing is told afterwards. */
  end(): void;
}

/** What an ssh tells: `up` at most once, with the socket (in a folder that only this user can enter), `refused` for each channel that the far end did not connect, `ended` last. */
export interface SshListener {
  up(socket: string): void;
  refused(problem: SshProblem): void;
  ended(problem: SshProblem): void;
}

/** What an ssh is started with. `prefix` is the short path that the socket's private folder begins with. */
export interface SshStart {
  readonly tools: SshTools;
  readonly box: SshBox;
  readonly target: SshTarget;
  readonly prefix: string;
  readonly clock: Clock;
}

const LOOK_MS = 20;
/** A login that takes longer hangs. */
const LOGIN_MS = 20_000;
const TAIL_LENGTH = 4096;

async function readLines(stream: ReadableStream<Uint8Array>, onText: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) onText(decoder.decode(chunk, { stream: true }));
}

/** Calls `found` once the socket is there: ssh binds it only after login, with everything forwarded. Returns how to stop looking. */
function watchSocket(socket: string, clock: Clock, found: () => void, tooLong: () => void): () => void {
  const startedAt = clock.monotonic();
  let cancel: () => void;
  const look = (): void => {
    if (existsSync(socket)) found();
    else if (clock.monotonic() - startedAt > LOGIN_MS) tooLong();
    else cancel = clock.after(LOOK_MS, look);
  };
  cancel = clock.after(LOOK_MS, look);
  return () => cancel();
}

/** Starts an ssh under its keeper. */
export function startSsh(start: SshStart, listener: SshListener): SshChild {
  const { tools, box, target, clock } = start;
  const folder = mkdtempSync(start.prefix);
  const socket = join(folder, "s");
  const command = [tools.ssh ?? "ssh", ...forwardArguments(tools, box, target, socket)];
  const child = Bun.spawn(["/bin/sh", "-c", KEEPER, "lodestar-ssh", socket, ...command], {
    env: sshEnvironment(tools),
    // A session of its own has no terminal: the ssh of a jump host, which our options do not reach, can ask nobody either.
    detached: true,
    stdin: "pipe",
    stdout: "ignore",
    stderr: "pipe",
  });
  let tail = "";
  let isUp = false;
  let isHanging = false;
  let isEnded = false;
  const letGo = (): void => void child.stdin.end();
  const stopLooking = watchSocket(
    socket,
    clock,
    () => {
      isUp = true;
      listener.up(socket);
    },
    () => {
      isHanging = true;
      letGo();
    },
  );
  const onText = (text: string): void => {
    tail = (tail + text).slice(-TAIL_LENGTH);
    for (const line of text.split("\n")) {
      const problem = isEnded ? null : problemOfChannel(line, box, target);
      if (problem !== null) listener.refused(problem);
    }
  };
  const heard = readLines(child.stderr, onText);
  void Promise.all([child.exited, heard]).then(() => {
    stopLooking();
    letGo();
    rmSync(folder, { recursive: true, force: true });
    if (isEnded) return;
    isEnded = true;
    listener.ended(isHanging ? sshProblem("ssh_unreachable", box, "the login hangs") : problemOfExit(tail, box, isUp));
  });
  return {
    end() {
      isEnded = true;
      stopLooking();
      letGo();
    },
  };
}
