/** Where policy.wasm lies, and how a module of it is told to be packed. */

export const POLICY_FILE = new URL('../build/policy.wasm', import.meta.url)

const PACKED = 'packed'

/**
 * The module with a mark that it is compiled with V8's revectoriser (./revectoriser.ts): a custom section, which goes to
 * worker threads with it, and keeps V8 from using what it has compiled of the same bytes without.
 */
export function packed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = Buffer.from(PACKED)
  return Buffer.concat([bytes, Buffer.from([0, 1 + name.length, name.length]), name])
}

/** Whether a module has the mark. */
export function isPacked(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.customSections(module, PACKED).length > 0
}
