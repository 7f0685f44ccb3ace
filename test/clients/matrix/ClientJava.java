/**
 * A client of the matrix: JSSE as paho-java and the HiveMQ client use it (SSLContext with a KeyManager and a TrustManager,
 * host name check by HTTPS's rules), and one CONNECT by hand.
 */

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class ClientJava {
    private static final char[] NO_PASSWORD = new char[0];

    public static void main(String[] args) throws Exception {
        Map<String, String> dial = new HashMap<>();
        for (String arg : args) dial.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
        String words;
        boolean connected = false;
        try {
            connected = visit(dial);
            words = connected ? "" : "read returned -1: the server closed the connection";
        } catch (IOException error) {
            words = error.toString();
        }
        String escaped = words.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s+", " ");
        System.out.println("{\"connected\":" + connected + ",\"words\":\"" + escaped + "\"}");
    }

    private static boolean visit(Map<String, String> dial) throws IOException, GeneralSecurityException {
        if (dial.containsKey("group")) System.setProperty("jdk.tls.namedGroups", dial.get("group"));
        // Java switches TLS 1.1 off by name.
        if (dial.get("version").equals("1.1")) Security.setProperty("jdk.tls.disabledAlgorithms", "");
        SSLContext context = contextOf(dial);
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(dial.get("port"))), 10_000);
            SSLSocket secured = (SSLSocket) context.getSocketFactory()
                .createSocket(plain, dial.get("name"), Integer.parseInt(dial.get("port")), true);
            secured.setSoTimeout(10_000);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setProtocols(new String[] {"TLSv" + dial.get("version")});
            if (dial.containsKey("suite")) parameters.setCipherSuites(new String[] {dial.get("suite")});
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            secured.getOutputStream().write(connectPacket(dial.get("clientId")));
            // On TLS 1.3 a refusal of ours is only seen here.
            InputStream in = secured.getInputStream();
            byte[] answer = in.readNBytes(4);
            if (answer.length < 4) return false;
            if (answer[0] != 0x20 || answer[3] != 0) throw new IOException("no CONNACK 0");
            secured.getOutputStream().write(new byte[] {(byte) 0xe0, 0});
            secured.close();
            return true;
        }
    }

    private static SSLContext contextOf(Map<String, String> dial) throws IOException, GeneralSecurityException {
        KeyStore trusted = emptyStore();
        Certificate[] authorities = certificates(dial.get("ca"));
        for (int i = 0; i < authorities.length; i++) trusted.setCertificateEntry("ca" + i, authorities[i]);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers(dial), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyManager[] keyManagers(Map<String, String> dial) throws IOException, GeneralSecurityException {
        if (!dial.containsKey("cert")) return null;
        Certificate[] chain = certificates(dial.get("cert"));
        KeyStore store = emptyStore();
        store.setKeyEntry("device", privateKey(dial.get("key"), chain[0]), NO_PASSWORD, chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, NO_PASSWORD);
        return keys.getKeyManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Certificate[] certificates(String file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(new Certificate[0]);
        }
    }

    /** Java reads PKCS #8 alone, so a PKCS #1 or SEC 1 key is put into it first (RFC 5958 2). */
    private static PrivateKey privateKey(String file, Certificate owner) throws IOException, GeneralSecurityException {
        String pem = Files.readString(Path.of(file));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        boolean rsa = owner.getPublicKey().getAlgorithm().equals("RSA");
        if (!pem.contains("BEGIN PRIVATE KEY")) {
            byte[] algorithm = new BigInteger(rsa ? RSA : P256, 16).toByteArray();
            der = tagged(0x30, new byte[] {2, 1, 0}, algorithm, tagged(0x04, der));
        }
        return KeyFactory.getInstance(rsa ? "RSA" : "EC").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    /** AlgorithmIdentifier of rsaEncryption with NULL, and of id-ecPublicKey with prime256v1. */
    private static final String RSA = "300d06092a864886f70d0101010500";
    private static final String P256 = "301306072a8648ce3d020106082a8648ce3d030107";

    private static byte[] tagged(int tag, byte[]... parts) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) content.write(part);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(tag);
        int length = content.size();
        if (length > 0xff) whole.write(new byte[] {(byte) 0x82, (byte) (length >> 8)});
        else if (length > 0x7f) whole.write(0x81);
        whole.write(length);
        content.writeTo(whole);
        return whole.toByteArray();
    }

    /** MQTT 3.1.1, clean session, keep-alive 60 s. */
    private static byte[] connectPacket(String clientId) throws IOException {
        byte[] name = clientId.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(new byte[] {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, (byte) (name.length >> 8), (byte) name.length});
        body.write(name);
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(new byte[] {0x10, (byte) body.size()});
        body.writeTo(packet);
        return packet.toByteArray();
    }
}
