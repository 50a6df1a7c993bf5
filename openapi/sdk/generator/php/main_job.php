<?php
// The main job with the SDK for PHP that openapi-generator makes, and an example of its use.

declare(strict_types=1);

require __DIR__ . '/autoload.php';

use SpeGateway\Api\{ClientsApi, DeploymentsApi, InstancesApi, OauthApi, OperationsApi, ResellersApi, StoresApi};
use SpeGateway\{ApiException, Configuration, ObjectSerializer};
use SpeGateway\Model;

const TRIES = 10;
const FINAL_WORDS = ['succeeded', 'failed', 'cancelled', 'unknown'];

$operator = signedIn(getenv('OPERATOR_CLIENT_ID'), getenv('OPERATOR_CLIENT_SECRET'));
tell('signed-in');
register($operator);
tell('registered');
$first = reseller($operator, 'Northwind IT');
$second = reseller($operator, 'Southside Hosting');
tell('resellers');
$instance = create($first);
tell('created');
verify($first, $instance);
tell('verified');
requireAbsent($second, $instance);
tell('absent');
$listed = patiently(fn() => api(InstancesApi::class, $operator)->list())->getItems();
must(in_array($instance, array_map(fn($each) => $each->getId(), $listed)), 'The operator sees it');
tell('seen');

/** Settings with a token of their own. */
function signedIn(string $id, string $secret): Configuration
{
    $settings = (new Configuration())->setHost(getenv('GATEWAY_URL'));
    $token = patiently(fn() => api(OauthApi::class, $settings)->createToken(
        grantType: 'client_credentials',
        clientId: $id,
        clientSecret: $secret,
    ));
    return $settings->setAccessToken($token->getAccessToken());
}

function api(string $class, Configuration $settings): object
{
    return new $class(new GuzzleHttp\Client(), $settings);
}

/** Register the deployment, pinned to the certificate that was looked at before. */
function register(Configuration $operator): void
{
    $deployments = api(DeploymentsApi::class, $operator);
    $place = ['host' => getenv('SPE_HOST'), 'port' => (int) getenv('SPE_PORT')];
    $found = patiently(fn() => $deployments->probe(new Model\Probe($place)))->getSha256();
    must(strcasecmp($found, getenv('SPE_THUMBPRINT')) === 0, 'The thumbprint is the right one');
    $wanted = new Model\DeploymentCreate($place + [
        'name' => getenv('SPE_NAME'),
        'userName' => getenv('SPE_USER'),
        'password' => getenv('SPE_PASSWORD'),
        'certificate' => new Model\CertificateTrust(['pin' => $found]),
    ]);
    $key = newKey();
    patiently(fn() => $deployments->create($wanted, idempotencyKey: $key));
}

/** Make a reseller with an API client, and sign that in. */
function reseller(Configuration $operator, string $name): Configuration
{
    $key = newKey();
    $wanted = new Model\ResellerCreate(['name' => $name]);
    $made = patiently(fn() => api(ResellersApi::class, $operator)->create($wanted, $key));
    $portal = new Model\ClientCreate(
        ['name' => 'Portal', 'reseller' => $made->getId(), 'roles' => ['reseller-admin']],
    );
    $client = patiently(fn() => api(ClientsApi::class, $operator)->create($portal, $key));
    return signedIn($client->getClientId(), $client->getClientSecret());
}

/** Make an instance with a store and a user; return its id. */
function create(Configuration $portal): string
{
    $wanted = new Model\InstanceCreate([
        'instanceID' => getenv('SPE_NAME'),
        'displayName' => 'Acme Corporation',
        'archiveAdmin' => true,
        'store' => new Model\StoreCreate(['name' => 'Mail']),
        'users' => [new Model\UserCreate(['userName' => 'jane.doe', 'password' => 'correct horse'])],
    ]);
    $key = newKey();
    $answer = patiently(
        fn() => api(InstancesApi::class, $portal)->create($wanted, idempotencyKey: $key),
    );
    return finished($portal, $answer, Model\Instance::class)->getId();
}

/** Verify the first store of an instance, to its end. */
function verify(Configuration $portal, string $instance): void
{
    $stores = api(StoresApi::class, $portal);
    $page = finished($portal, patiently(fn() => $stores->list($instance)), Model\StorePage::class);
    $store = $page->getItems()[0]->getId();
    $key = newKey();
    $begun = patiently(
        fn() => $stores->verify(
            $instance,
            $store,
            new Model\StoreVerificationRequest(),
            prefer: 'wait=0',
            idempotencyKey: $key,
        ),
    );
    must($begun instanceof Model\Operation, 'Verifying goes on as an operation');
    finished($portal, $begun, Model\StoreRun::class);
}

/** Another reseller's instance is not there. */
function requireAbsent(Configuration $portal, string $instance): void
{
    $instances = api(InstancesApi::class, $portal);
    must(patiently(fn() => $instances->list())->getItems() === [], 'The list is empty');
    $code = '';
    try {
        patiently(fn() => $instances->get($instance));
    } catch (ApiException $refused) {
        $code = json_decode($refused->getResponseBody())->code;
    }
    must($code === 'NOT_FOUND', 'The instance is absent');
}

/** What a call gave at last: now, or by its operation if it was a 202. */
function finished(Configuration $settings, object $answer, string $class): object
{
    if (!$answer instanceof Model\Operation) {
        return $answer;
    }
    $operations = api(OperationsApi::class, $settings);
    while (!in_array($answer->getStatus(), FINAL_WORDS)) {
        $id = $answer->getId();
        $answer = patiently(fn() => $operations->get($id, prefer: 'wait=20'));
    }
    must($answer->getStatus() === 'succeeded', 'The operation ends well');
    return ObjectSerializer::deserialize($answer->getResult(), $class);
}

/** Call, and again after 429, 503 or a lost answer; a change has its Idempotency-Key. */
function patiently(callable $call): object
{
    for ($tried = 1;; $tried++) {
        try {
            return $call();
        } catch (ApiException $refused) {
            if ($tried === TRIES || !in_array($refused->getCode(), [0, 429, 503])) {
                throw $refused;
            }
            $wait = $refused->getResponseHeaders()['Retry-After'][0] ?? 1;
            usleep($refused->getCode() === 0 ? 100_000 : 1_000_000 * (int) $wait);
        }
    }
}

function newKey(): string
{
    return bin2hex(random_bytes(16));
}

function must(bool $isSo, string $what): void
{
    if (!$isSo) {
        echo "This should be so, and is not: $what\n";
        exit(1);
    }
}

function tell(string $step): void
{
    echo json_encode(['step' => $step]), "\n";
}
