/** What of the AWS IoT Device SDK v1 is tried here: it brings no types. */

declare module 'aws-iot-device-sdk' {
  export type DeviceOptions = {
    host: string
    port?: number
    clientId: string
    caPath: string
    certPath: string
    keyPath: string
    clean?: boolean
    keepalive?: number
    baseReconnectTimeMs?: number
    minimumConnectionTimeMs?: number
    maximumReconnectTimeMs?: number
    will?: { topic: string; payload: string; qos: number; retain: boolean }
  }

  type Packet = { topic: string; payload: Buffer; qos: number; retain: boolean }

  export type AwsDevice = {
    on(event: 'connect', listener: (connack: { sessionPresent: boolean }) => void): void
    on(event: 'message', listener: (topic: string, payload: Buffer, packet: Packet) => void): void
    on(event: 'close' | 'reconnect' | 'offline', listener: () => void): void
    on(event: 'error', listener: (error: Error) => void): void
    publish(
      topic: string,
      payload: string,
      options: { qos: number; retain?: boolean },
      callback: (error?: Error | null) => void,
    ): void
    subscribe(
      filter: string,
      options: { qos: number },
      callback: (error: Error | null, granted: { topic: string; qos: number }[]) => void,
    ): void
    end(force: boolean, callback: () => void): void
  }

  const sdk: { device: new (options: DeviceOptions) => AwsDevice }
  // biome-ignore lint/style/noDefaultExport: it is CommonJS
  export default sdk
}
