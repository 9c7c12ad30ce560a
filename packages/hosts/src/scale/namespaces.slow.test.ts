import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { cableOf, nearAddress, spawnInNamespace } from './namespaces.ts'

const mayNamespaces =
  spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far']).status === 0
/** Far from the processes that tools:scale numbers from 0 on. */
const INDEX = 250
const { name, far } = cableOf(process.pid, INDEX)

/** Says which addresses it sees, as soon as it reaches who asks. */
const PROGRAM = `
  const { connect } = require('node:net')
  const dial = () => {
    const socket = connect(${INDEX + 42_000}, '${nearAddress(INDEX)}')
    socket.on('connect', () => socket.end(JSON.stringify(Object.values(require('node:os').networkInterfaces()).flat())))
    socket.on('error', () => setTimeout(dial, 50))
  }
  dial()
`

it.skipIf(!mayNamespaces)(
  'a process in a namespace sees its end of the cable alone, and the cable ends with it',
  async () => {
    const child = await spawnInNamespace(['-e', PROGRAM], INDEX)
    const names = () => Object.keys(networkInterfaces()).filter((one) => one === name)
    expect(names()).toHaveLength(1)
    const server = createServer().listen(INDEX + 42_000, nearAddress(INDEX))
    const [socket] = await once(server, 'connection')
    const [text] = await once(socket, 'data')
    const seen: { address: string; family: string }[] = JSON.parse(String(text))
    expect(seen.filter(({ family }) => family === 'IPv4').map(({ address }) => address)).toEqual([far])
    child.kill('SIGKILL')
    server.close()
    for (let tries = 0; names().length > 0 && tries < 200; tries++) await pause(50)
    expect(names()).toEqual([])
  },
)

it.skipIf(!mayNamespaces)('a cable that is there already is refused with what would help', async () => {
  const child = await spawnInNamespace(['-e', 'setTimeout(() => {}, 60000)'], INDEX + 1)
  const second = spawnInNamespace(['-e', ''], INDEX + 1)
  await expect(second).rejects.toMatchObject({
    code: 'EXCHANGE',
    message: expect.stringMatching(/is the address of the cable vgl.*leave --namespaces out/),
  })
  child.kill('SIGKILL')
})
