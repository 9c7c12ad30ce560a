import { OP, type Operation, type Program } from './program.ts'

/** The program of one operation of a program: what it does not need is left out, signals too. */
export function partOf(whole: Omit<Program, 'result'>, result: number): Program {
  const needed = new Uint8Array(result + 1)
  needed[result] = 1
  for (let i = result; i >= 0; i--) {
    const { a, b } = whole.operations[i]
    if (needed[i] === 0) continue
    if (a >= 0) needed[a] = 1
    if (b >= 0) needed[b] = 1
  }
  const place = new Map<number, number>([[-1, -1]])
  const operations: Operation[] = []
  const signals: string[] = []
  for (let i = 0; i <= result; i++) {
    if (needed[i] === 0) continue
    const operation = whole.operations[i]
    const width = operation.op === OP.signal ? signals.push(whole.signals[operation.width]) - 1 : operation.width
    place.set(i, operations.push({ ...operation, width, a: place.get(operation.a)!, b: place.get(operation.b)! }) - 1)
  }
  return { ...whole, operations, signals, result: place.get(result)! }
}
