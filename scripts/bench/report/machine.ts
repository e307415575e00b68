import { cpus, release, totalmem, type } from "node:os";
import { runStep } from "../../step.ts";
import { BINARY } from "../targets/lodestar.ts";
import { PORTKEY_VERSION } from "../targets/portkey.ts";

/** Where and with what was measured, in words. */
export interface Surroundings {
  readonly machine: string;
  readonly versions: readonly string[];
}

async function firstLine(command: readonly string[]): Promise<string> {
  const step = await runStep({ name: "version", command }).catch(() => null);
  return step?.isOk === true ? (step.output.trim().split("\n")[0] ?? "") : "";
}

/** Describes this machine and the programs on it. */
export async function describeSurroundings(): Promise<Surroundings> {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? "unknown processor";
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  const nginx = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
  const versions = [
    await firstLine([BINARY, "--version"]),
    `Bun ${Bun.version}`,
    nginx === null ? "" : (await firstLine([nginx, "-v"])).replace("nginx version: ", ""),
    `Portkey gateway ${PORTKEY_VERSION} on Node ${await firstLine(["node", "--version"])}`,
  ];
  return {
    machine: `${cores.length} cores of ${model}, ${memory}, ${type()} ${release()}`,
    versions: versions.filter((version) => version !== ""),
  };
}
