// A client of the matrix: the AWS IoT Device SDK v2 for JavaScript (aws-crt, whose TLS is s2n), MQTT 3.1.1, set up as its
// users do it. A process of its own, for its native log goes to stderr and its threads outlive a failure.

import { http, io, iot, mqtt } from 'aws-iot-device-sdk-v2'

const dial = Object.fromEntries(process.argv.slice(2).map(arg => arg.split(/=(.*)/s)))

// The number of an alert is written at this level only.
io.enable_logging(io.LogLevel.DEBUG)
try {
  const connection = new mqtt.MqttClient().new_connection(configOf(dial))
  connection.connect().then(
    () => connection.disconnect().then(() => tell({ connected: true, words: '' })),
    error => tell({ connected: false, words: error.message ?? String(error) }),
  )
} catch (error) {
  tell({ connected: false, words: error.message, refusedToStart: true })
}

function configOf({ ca, cert, key, clientId, name, port, proxy }) {
  const { new_default_builder, new_mtls_builder_from_path } = iot.AwsIotMqttConnectionConfigBuilder
  const builder = cert ? new_mtls_builder_from_path(cert, key) : new_default_builder()
  builder
    .with_certificate_authority_from_path(undefined, ca)
    .with_client_id(clientId)
    .with_clean_session(true)
    .with_endpoint(name)
    .with_port(Number(port))
  if (proxy) {
    const { HttpProxyAuthenticationType, HttpProxyConnectionType, HttpProxyOptions } = http
    const options = new HttpProxyOptions(
      '127.0.0.1',
      Number(proxy),
      HttpProxyAuthenticationType.None,
    )
    options.connection_type = HttpProxyConnectionType.Tunneling
    builder.with_http_proxy_options(options)
  }
  return builder.build()
}

/** Its threads may still write, so this line is the last thing that happens. */
function tell(seen) {
  process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0))
}
