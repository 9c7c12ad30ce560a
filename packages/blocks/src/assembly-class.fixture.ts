/** Reads a class of an AssemblyScript file, to hold it to the description of the block that it stands for. */
import { readFileSync } from 'node:fs'
import type { FieldPlace, FieldType } from './block.ts'

const NUMBER_TYPES: Readonly<Record<string, FieldType>> = {
  usize: 'pointer',
  i32: 'i32',
  u32: 'u32',
  u64: 'u64',
  f32: 'f32',
  f64: 'f64',
}

type ClassField = { readonly name: string; readonly type: FieldType }

/**
 * Fields of an unmanaged class in the order of its text; an object of another class is a pointer.
 *
 * @param file of AssemblyScript
 */
export function classFields(file: string | URL, className: string): ClassField[] {
  const text = readFileSync(file, 'utf8')
  const body = new RegExp(`@unmanaged\\s+(?:export )?class ${className} \\{\\n([\\s\\S]*?)\\n\\}`).exec(text)?.[1]
  if (body === undefined) throw new Error(`${file} has no unmanaged class ${className}.`)
  const code = body.replace(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  return Array.from(code.matchAll(/^\s*(\w+): (\w+)(?: \| null)?\s*$/gm), ([, name, type]) => ({
    name,
    type: NUMBER_TYPES[type] ?? 'pointer',
  }))
}

/** The fields that the class of a block has: all but the arrays. */
export function singleFields(block: { readonly places: readonly FieldPlace[] }): ClassField[] {
  return block.places.filter(({ count }) => count === null).map(({ name, type }) => ({ name, type }))
}
