import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const SSHD = "/usr/sbin/sshd";

/** Why tests on a real OpenSSH server are left out here, or null. */
export const NO_SSHD: string | null =
  process.platform === "win32" || !existsSync(SSHD) || Bun.which("ssh") === null || Bun.which("ssh-keygen") === null
    ? "no OpenSSH server here (Debian: apt install openssh-server openssh-client)"
    : null;

/** A real OpenSSH server of one's own on a free port of loopback, with a key that it takes and one that it does not. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** A private folder; everything of the server lies in it. */
  readonly folder: string;
  /** An ssh configuration that offers the good key, or the other one. */
  readonly config: string;
  readonly strangerConfig: string;
  /** The line of its host key for a file of known hosts, and the fingerprint as ssh-keygen prints it. */
  readonly knownLine: () => string;
  readonly fingerprint: () => string;
  start(): Promise<void>;
  /** Ends it with every connection that it holds. */
  stop(): Promise<void>;
  /** Takes another host key, as a box does that was installed anew. Start it again afterwards. */
  changeHostKey(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

function run(...command: readonly string[]): string {
  const done = Bun.spawnSync([...command]);
  if (done.exitCode !== 0) throw new Error(`${command.join(" ")}: ${done.stderr.toString()}`);
  return done.stdout.toString();
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function makeKey(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.pub`, { force: true });
  run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path);
}

async function answers(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

function childrenOf(pid: number): readonly number[] {
  const listed = Bun.spawnSync(["pgrep", "-P", String(pid)]).stdout.toString();
  return listed
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

function killTree(pid: number): void {
  for (const child of childrenOf(pid)) killTree(child);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Makes such a server; `more` are further lines of its configuration. */
export async function openSshd(more: readonly string[] = []): Promise<Sshd> {
  const folder = realpathSync(mkdtempSync("/tmp/lodestar-sshd-"));
  const port = await freePort();
  const at = (name: string): string => join(folder, name);
  for (const name of ["host", "good", "stranger"]) makeKey(at(name));
  // As root it wants the folder of its unprivileged part, which a package's unit makes elsewhere.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  writeFileSync(at("authorized_keys"), readFileSync(at("good.pub")));
  const settings = [
    ...[`Port ${port}`, "ListenAddress 127.0.0.1", `HostKey ${at("host")}`, `PidFile ${at("pid")}`],
    ...[`AuthorizedKeysFile ${at("authorized_keys")}`, "StrictModes no", "UsePAM no", "PasswordAuthentication no"],
    "KbdInteractiveAuthentication no",
    ...more,
  ];
  writeFileSync(at("sshd_config"), `${settings.join("\n")}\n`);
  const configOf = (key: string): string => {
    const file = at(`config-${key}`);
    writeFileSync(file, `Host *\n  IdentityFile ${at(key)}\n  IdentitiesOnly yes\n  IdentityAgent none\n`, {
      mode: 0o600,
    });
    return file;
  };
  let server: Bun.Subprocess | null = null;
  const stop = async (): Promise<void> => {
    if (server === null) return;
    killTree(server.pid);
    await server.exited;
    server = null;
  };
  const sshd: Sshd = {
    port,
    folder,
    user: run("id", "-un").trim(),
    config: configOf("good"),
    strangerConfig: configOf("stranger"),
    knownLine: () => `[127.0.0.1]:${port} ${readFileSync(at("host.pub"), "utf8").split(" ").slice(0, 2).join(" ")}`,
    fingerprint: () => run("ssh-keygen", "-lf", at("host.pub")).split(" ")[1] ?? "",
    async start() {
      server = Bun.spawn([SSHD, "-D", "-e", "-f", at("sshd_config")], {
        ...{ stdin: "ignore", stdout: "ignore", stderr: Bun.file(at("log")) },
      });
      const deadline = performance.now() + 10_000;
      while (!(await answers(port))) {
        if (performance.now() > deadline || server.exitCode !== null) throw new Error(readFileSync(at("log"), "utf8"));
        await Bun.sleep(10);
      }
    },
    stop,
    changeHostKey: () => makeKey(at("host")),
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await sshd.start();
  return sshd;
}
