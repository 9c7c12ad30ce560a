import { expect, it } from 'vitest'
import { joinCommand } from './join-command.ts'

it.each([
  [{ address: 'nats://10.0.0.5:4222' }, 'npx nx run actors:join --server=nats://10.0.0.5:4222'],
  [
    { address: 'nats://10.0.0.5:4222', token: 'secret' },
    'npx nx run actors:join --server=nats://10.0.0.5:4222 --token-file=FILE',
  ],
  [
    { address: 'tls://broker:4222', nkeySeed: 'secret', ca: 'ca.pem', certificate: 'own.pem', key: 'own.key' },
    'npx nx run actors:join --server=tls://broker:4222 --name=NAME --nkey-file=FILE --tls-ca=FILE --tls-cert=FILE --tls-key=FILE',
  ],
])('a host is started with what the server of %j asks for, and no secret is shown', (broker, command) => {
  expect(joinCommand(broker)).toBe(command)
})
