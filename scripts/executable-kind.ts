/** For which system and processor an executable is made. */
export type ExecutableKind = "elf-x64" | "elf-arm64" | "macho-x64" | "macho-arm64" | "pe-x64" | "unknown";

/** ELF e_machine (System V ABI): 62 is x86-64, 183 AArch64. */
const ELF_MACHINES: Readonly<Record<number, ExecutableKind>> = { 62: "elf-x64", 183: "elf-arm64" };
/** Mach-O cputype (mach/machine.h): the 64-bit flag 0x01000000 with 7 for x86, 12 for ARM. */
const MACHO_MACHINES: Readonly<Record<number, ExecutableKind>> = { 16777223: "macho-x64", 16777228: "macho-arm64" };
/** PE Machine (Microsoft PE/COFF): 0x8664 is x86-64. */
const PE_X64 = 0x8664;

/** Reads the kind from the first bytes of a file (4 KiB are enough): ELF, 64-bit Mach-O or PE headers. */
export function executableKind(head: Uint8Array): ExecutableKind {
  if (head.length < 64) return "unknown";
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getUint32(0, false);
  if (magic === 0x7f454c46) return ELF_MACHINES[view.getUint16(18, true)] ?? "unknown";
  if (magic === 0xcffaedfe) return MACHO_MACHINES[view.getUint32(4, true)] ?? "unknown";
  if (view.getUint16(0, false) !== 0x4d5a) return "unknown";
  const peOffset = view.getUint32(60, true);
  const isPe = peOffset + 6 <= head.length && view.getUint32(peOffset, false) === 0x50450000;
  return isPe && view.getUint16(peOffset + 4, true) === PE_X64 ? "pe-x64" : "unknown";
}

/** The kind of a file on disk. */
export async function executableKindOf(file: string): Promise<ExecutableKind> {
  return executableKind(await Bun.file(file).slice(0, 4096).bytes());
}
