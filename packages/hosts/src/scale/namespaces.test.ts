import { expect, it } from 'vitest'
import { cableOf } from './namespaces.ts'

it('a cable has a name and addresses that no other one has, of this process and of those beside it', () => {
  const cables = Array.from({ length: 128 }, (_, owner) =>
    [0, 1, 63, 64, 255].map((index) => cableOf(4_194_176 + owner, index)),
  ).flat()
  for (const part of ['name', 'near', 'far'] as const)
    expect(new Set(cables.map((cable) => cable[part])).size).toBe(cables.length)
  for (const { near, far, name } of cables) {
    const [a, b] = [near, far].map((address) => address.split('.').map(Number))
    // The two hosts of a net of four addresses.
    expect([a[0], a[3] % 4, b.map((byte, i) => byte - a[i])]).toEqual([198, 1, [0, 0, 0, 1]])
    expect([18, 19]).toContain(a[1])
    expect(Math.max(...a, ...b)).toBeLessThan(256)
    // The bound of Linux.
    expect(name.length).toBeLessThanOrEqual(15)
  }
})
