// A client of the matrix: Go's crypto/tls, set up as paho.mqtt.golang's examples do it, and one CONNECT by hand.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

type told struct {
	Connected      bool   `json:"connected"`
	Words          string `json:"words"`
	RefusedToStart bool   `json:"refusedToStart,omitempty"`
}

func main() {
	dial := map[string]string{}
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		dial[name] = value
	}
	line, _ := json.Marshal(visit(dial))
	os.Stdout.Write(append(line, '\n'))
}

func visit(dial map[string]string) told {
	config, err := configOf(dial)
	if err != nil {
		return told{Words: err.Error(), RefusedToStart: true}
	}
	plain, err := net.DialTimeout("tcp", "127.0.0.1:"+dial["port"], 10*time.Second)
	if err != nil {
		return told{Words: err.Error(), RefusedToStart: true}
	}
	defer plain.Close()
	plain.SetDeadline(time.Now().Add(10 * time.Second))
	secured := tls.Client(plain, config)
	if err := secured.Handshake(); err != nil {
		return told{Words: err.Error()}
	}
	if _, err := secured.Write(connectPacket(dial["clientId"])); err != nil {
		return told{Words: err.Error()}
	}
	// On TLS 1.3 a refusal of ours is only seen here.
	answer := make([]byte, 4)
	if _, err := io.ReadFull(bufio.NewReader(secured), answer); err != nil {
		return told{Words: "read: " + err.Error()}
	}
	if answer[0] != 0x20 || answer[3] != 0 {
		return told{Words: "no CONNACK 0"}
	}
	secured.Write([]byte{0xe0, 0})
	secured.Close()
	return told{Connected: true, Words: ""}
}

func configOf(dial map[string]string) (*tls.Config, error) {
	pem, err := os.ReadFile(dial["ca"])
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	version := map[string]uint16{"1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[dial["version"]]
	config := &tls.Config{RootCAs: roots, ServerName: dial["name"], MinVersion: version, MaxVersion: version}
	if suite, given := dial["suite"]; given {
		for _, known := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if known.Name == suite {
				config.CipherSuites = []uint16{known.ID}
			}
		}
	}
	if group, given := dial["group"]; given {
		config.CurvePreferences = []tls.CurveID{map[string]tls.CurveID{"CurveP521": tls.CurveP521}[group]}
	}
	if dial["cert"] == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(dial["cert"], dial["key"])
	config.Certificates = []tls.Certificate{pair}
	return config, err
}

// MQTT 3.1.1, clean session, keep-alive 60 s.
func connectPacket(clientID string) []byte {
	body := append([]byte("\x00\x04MQTT\x04\x02\x00\x3c"), byte(len(clientID)>>8), byte(len(clientID)))
	body = append(body, clientID...)
	return append([]byte{0x10, byte(len(body))}, body...)
}
