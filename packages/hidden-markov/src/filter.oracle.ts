import type { EventInputs, StreamModel } from './model.ts'

/** P(some threat so far | events), as a sum over every hidden history: exponential in the events, and without any recursion over beliefs. */
export function attackedByEnumeration(model: StreamModel, inputs: EventInputs, rows: readonly number[]): number {
  const { classCount: K, modeCount: U, phases } = model
  const P = 2 * K + 1
  const kind = model.kinds[inputs.categorical[2 * rows[0] + 1]]
  const totals = [0, 0]
  type Hidden = { readonly phase: number; readonly mode: number }
  const emission = (row: number, { phase, mode }: Hidden) => {
    const shown = phase % 2 === 0 ? mode : U + (phase - 1) / 2
    const number = inputs.dense[row] < 0 ? 0 : 1
    return kind.tables[0][2 * shown + number] * kind.tables[1][3 * shown + inputs.categorical[2 * row]]
  }
  const visit = (i: number, before: Hidden | null, probability: number): void => {
    if (i === rows.length) {
      totals[before!.phase === 0 ? 0 : 1] += probability
      return
    }
    for (let phase = 0; phase < P; phase++) {
      const reached = before === null ? model.begins[phase] : phases[before.phase * P + phase]
      const modes = phase % 2 === 1 ? [0] : Array.from({ length: U }, (_, mode) => mode)
      for (const mode of modes) {
        let share = 1
        if (phase % 2 === 0 && before === null) share = kind.starts[mode]
        else if (phase % 2 === 0)
          share = before!.phase % 2 === 1 ? kind.returns[mode] : kind.moves[before!.mode * U + mode]
        const hidden = { phase, mode }
        visit(i + 1, hidden, probability * reached * share * emission(rows[i], hidden))
      }
    }
  }
  visit(0, null, 1)
  return totals[1] / (totals[0] + totals[1])
}
