/** What Candid is measured against: aedes on node:tls with client certificates, and nothing else. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { Aedes } from 'aedes'
import type { Materials } from './materials.ts'
import { serve } from './serve.ts'

serve(async ({ server, devicesCa }: Materials) => {
  const broker = await Aedes.createBroker()
  const listener = createServer(
    {
      key: server.map(({ privateKey }) => privateKey),
      cert: server.map(({ certificate }) => certificate),
      ca: devicesCa,
      requestCert: true,
      rejectUnauthorized: true,
      // Candid sets it too: small packets must not wait for an acknowledgement.
      noDelay: true,
    },
    broker.handle,
  )
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return (listener.address() as AddressInfo).port
})
