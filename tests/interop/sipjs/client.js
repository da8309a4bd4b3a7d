// client.js: a user's page with SIP.js, told over standard input, one command a line:
//
//     say TEXT            a message to the friend
//     go online|offline   change the own presence
//     guard               watch who watches the user (presence.winfo, RFC 3857)
//     quit                leave as a page that is closed properly does
//
// It registers, publishes and watches the friend by itself, also after its connection was lost, and
// prints what happens. The file "trace" has what went over the wire.
//
//     node client.js USER FRIEND DOMAIN SERVER
import fs from "node:fs";
import readline from "node:readline";
import WebSocket from "ws";

globalThis.WebSocket = WebSocket; // of browsers; SIP.js looks for it there

const { Messager, Publisher, Registerer, RegistererState, Subscriber, SubscriptionState, UserAgent } =
    await import("sip.js");

const [user, friend, domain, server] = process.argv.slice(2);
const uriOf = (name) => UserAgent.makeURI(`sip:${name}@${domain}`);
const print = (...words) => console.log(...words);

const agent = new UserAgent({
    uri: uriOf(user),
    authorizationUsername: user,
    authorizationPassword: `${user}-pw`,
    transportOptions: { server },
    logBuiltinEnabled: false,
    logConnector: (level, category, label, content) =>
        fs.appendFileSync("trace", `${level} ${category}: ${content}\n`),
    delegate: {
        onConnect: () => arrive(),
        onDisconnect: () => { if (!leaving) comeBack(); },
        onMessage: async (message) => {
            await message.accept();
            print("message:", message.request.body);
        },
    },
});

let leaving = false;
let subscriber;
let warden;
const registerer = new Registerer(agent, { expires: 600 });
registerer.stateChange.addListener((state) => {
    if (state === RegistererState.Registered) print("registered");
});
const publisher = new Publisher(agent, uriOf(user), "presence", {
    body: "", contentType: "application/pidf+xml", expires: 600,
});

function publish(basic) {
    publisher.publish(`<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:${user}@${domain}">
<tuple id="page"><status><basic>${basic}</basic></status></tuple></presence>`);
}

function watch() {
    subscriber = new Subscriber(agent, uriOf(friend), "presence", {
        expires: 600, extraHeaders: ["Accept: application/pidf+xml"],
    });
    subscriber.delegate = {
        onNotify: async (notification) => {
            await notification.accept();
            const open = notification.request.body.includes("<basic>open</basic>");
            print(`${friend} is ${open ? "Online" : "Offline"}`);
        },
    };
    subscriber.subscribe();
}

// The table of RFC 3858 4: a full document empties it, a partial one changes lines of it; a gap
// between versions means that something was missed.
const watchers = new Map();
let version = -1;

function attribute(element, name) {
    return (element.match(new RegExp(`\\s${name}="([^"]*)"`)) || [])[1];
}

function takeWatchers(body) {
    const root = body.match(/<watcherinfo[^>]*>/)[0];
    const next = Number(attribute(root, "version"));
    if (attribute(root, "state") === "full") watchers.clear();
    else if (next !== version + 1) print(`missed what was between ${version} and ${next}`);
    version = next;
    for (const [, attributes, uri] of body.matchAll(/<watcher(\s[^>]*)>([^<]*)<\/watcher>/g)) {
        const [id, status, event] = ["id", "status", "event"].map((n) => attribute(attributes, n));
        if (status === "terminated") watchers.delete(id);
        else watchers.set(id, uri);
        print(`watcher ${uri.trim()} ${status} ${event}`);
    }
    print(`watchers: ${watchers.size}`);
}

function guard() {
    warden = new Subscriber(agent, uriOf(user), "presence.winfo", {
        expires: 600, extraHeaders: ["Accept: application/watcherinfo+xml"],
    });
    warden.delegate = {
        onNotify: async (notification) => {
            await notification.accept();
            takeWatchers(notification.request.body);
        },
    };
    warden.subscribe();
}

// Each life of the connection: the dialog with the server outlives it, so it is only refreshed.
async function arrive() {
    await registerer.register({
        requestDelegate: {
            onAccept: () => {
                if (subscriber && subscriber.state === SubscriptionState.Subscribed) {
                    subscriber.subscribe();
                } else if (!subscriber) {
                    publish("open");
                    watch();
                }
                print("arrived");
            },
            onReject: (response) => print("refused:", response.message.statusCode),
        },
    });
}

function comeBack() {
    setTimeout(() => agent.reconnect().catch(() => comeBack()), 100);
}

async function quit() {
    leaving = true;
    await subscriber.unsubscribe();
    if (warden) await warden.unsubscribe();
    await publisher.unpublish();
    await registerer.unregister();
    await agent.stop();
    process.exit(0);
}

const commands = {
    say: (text) => new Messager(agent, uriOf(friend), text, "text/plain").message(),
    go: (state) => publish(state === "online" ? "open" : "closed"),
    guard,
    quit,
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [word, ...rest] = line.split(" ");
    Promise.resolve(commands[word](rest.join(" "))).catch((error) => print("failed:", error.message));
});

await agent.start();
