/** What goes wrong between a CONNECT and its CONNACK. */

import type { SessionEvidence } from '../../../broker/diagnosis/session.ts'
import { connectPacket, subscribePacket } from '../../helpers/mqtt-bytes.ts'
import type { Provocations } from './provocation.ts'
import { tlsVisit } from './visitors.ts'

export const session: Provocations<SessionEvidence> = {
  SESSION_CONNACK_NOT_AWAITED: {
    options: { limits: 'aws' },
    async act(broker) {
      const device = await broker.createDevice('device')
      return tlsVisit(broker, device, {}, socket => {
        socket.write(Buffer.concat([connectPacket(), subscribePacket(['x'])]))
      })
    },
    verdict: 'refused',
    side: 'we',
  },
}
