import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import spegateway.client.ApiClient;
import spegateway.client.ApiException;
import spegateway.client.api.ClientsApi;
import spegateway.client.api.DeploymentsApi;
import spegateway.client.api.InstancesApi;
import spegateway.client.api.OauthApi;
import spegateway.client.api.OperationsApi;
import spegateway.client.api.ResellersApi;
import spegateway.client.api.StoresApi;
import spegateway.client.model.*;

/** The main job with the SDK for Java that openapi-generator makes, and an example of its use. */
final class MainJob {
  private static final Map<String, String> GIVEN = System.getenv();
  private static final int TRIES = 10;
  private static final List<String> FINAL = List.of("succeeded", "failed", "cancelled", "unknown");

  public static void main(String[] arguments) throws Exception {
    ApiClient operator = signedIn(GIVEN.get("OPERATOR_CLIENT_ID"), GIVEN.get("OPERATOR_CLIENT_SECRET"));
    tell("signed-in");
    register(operator);
    tell("registered");
    ApiClient first = reseller(operator, "Northwind IT");
    ApiClient second = reseller(operator, "Southside Hosting");
    tell("resellers");
    String instance = create(first);
    tell("created");
    verify(first, instance);
    tell("verified");
    requireAbsent(second, instance);
    tell("absent");
    List<Instance> listed = instances(operator);
    require(listed.stream().anyMatch(each -> each.getId().equals(instance)), "The operator sees it");
    tell("seen");
  }

  /** A client with a token of its own. */
  private static ApiClient signedIn(String id, String secret) throws Exception {
    var request = OauthApi.APICreateTokenRequest.newBuilder()
        .grantType("client_credentials").clientId(id).clientSecret(secret).build();
    String token = patiently(() -> new OauthApi(client()).createToken(request)).getAccessToken();
    return client().setRequestInterceptor(call -> call.setHeader("Authorization", "Bearer " + token));
  }

  private static ApiClient client() {
    ApiClient api = new ApiClient();
    api.updateBaseUri(GIVEN.get("GATEWAY_URL"));
    return api.setReadTimeout(Duration.ofSeconds(60));
  }

  /** Register the deployment, pinned to the certificate that was looked at before. */
  private static void register(ApiClient operator) throws Exception {
    DeploymentsApi deployments = new DeploymentsApi(operator);
    Long port = Long.valueOf(GIVEN.get("SPE_PORT"));
    Probe place = new Probe().host(GIVEN.get("SPE_HOST")).port(port);
    var look = DeploymentsApi.APIProbeRequest.newBuilder().probe(place).build();
    String found = patiently(() -> deployments.probe(look)).getSha256();
    require(found.equalsIgnoreCase(GIVEN.get("SPE_THUMBPRINT")), "The thumbprint is the right one");
    DeploymentCreate wanted = new DeploymentCreate()
        .name(GIVEN.get("SPE_NAME")).host(place.getHost()).port(port)
        .userName(GIVEN.get("SPE_USER")).password(GIVEN.get("SPE_PASSWORD"))
        .certificate(new CertificateTrust().pin(found));
    var request = DeploymentsApi.APICreateRequest.newBuilder()
        .deploymentCreate(wanted).idempotencyKey(newKey()).build();
    patiently(() -> deployments.create(request));
  }

  /** Make a reseller with an API client, and sign that in. */
  private static ApiClient reseller(ApiClient operator, String name) throws Exception {
    var request = ResellersApi.APICreateRequest.newBuilder()
        .resellerCreate(new ResellerCreate().name(name)).idempotencyKey(newKey()).build();
    String made = patiently(() -> new ResellersApi(operator).create(request)).getId();
    ClientCreate portal = new ClientCreate().name("Portal").reseller(made)
        .roles(List.of(ClientCreate.RolesEnum.RESELLER_ADMIN));
    var wanted = ClientsApi.APICreateRequest.newBuilder()
        .clientCreate(portal).idempotencyKey(newKey()).build();
    ClientSecret secret = patiently(() -> new ClientsApi(operator).create(wanted));
    return signedIn(secret.getClientId(), secret.getClientSecret());
  }

  /** Make an instance with a store and a user; return its id. */
  private static String create(ApiClient portal) throws Exception {
    InstanceCreate wanted = new InstanceCreate()
        .instanceID(GIVEN.get("SPE_NAME")).displayName("Acme Corporation").archiveAdmin(true)
        .store(new StoreCreate().name("Mail"))
        .users(List.of(new UserCreate().userName("jane.doe").password("correct horse")));
    var request = InstancesApi.APICreateRequest.newBuilder()
        .instanceCreate(wanted).idempotencyKey(newKey()).build();
    var answer = patiently(() -> new InstancesApi(portal).create(request));
    Operation operation = answer.getOperation();
    return operation == null
        ? answer.getInstance().getId()
        : followed(portal, operation, Instance.class).getId();
  }

  /** Verify the first store of an instance, to its end. */
  private static void verify(ApiClient portal, String instance) throws Exception {
    StoresApi stores = new StoresApi(portal);
    var list = StoresApi.APIListRequest.newBuilder().instance(instance).build();
    var listed = patiently(() -> stores.list(list));
    StorePage page = listed.getOperation() == null
        ? listed.getStorePage()
        : followed(portal, listed.getOperation(), StorePage.class);
    var request = StoresApi.APIVerifyRequest.newBuilder()
        .instance(instance).store(page.getItems().get(0).getId())
        .storeVerificationRequest(new StoreVerificationRequest())
        .prefer("wait=0").idempotencyKey(newKey()).build();
    Operation begun = patiently(() -> stores.verify(request)).getOperation();
    require(begun != null, "Verifying goes on as an operation");
    followed(portal, begun, StoreRun.class);
  }

  /** Another reseller's instance is not there. */
  private static void requireAbsent(ApiClient portal, String instance) throws Exception {
    require(instances(portal).isEmpty(), "The list is empty");
    var request = InstancesApi.APIGetRequest.newBuilder().instance(instance).build();
    String code = "";
    try {
      patiently(() -> new InstancesApi(portal).get(request));
    } catch (ApiException refused) {
      code = portal.getObjectMapper().readValue(refused.getResponseBody(), Problem.class).getCode();
    }
    require(code.equals("NOT_FOUND"), "The instance is absent");
  }

  private static List<Instance> instances(ApiClient api) throws Exception {
    var request = InstancesApi.APIListRequest.newBuilder().build();
    return patiently(() -> new InstancesApi(api).list(request)).getItems();
  }

  /** Follow an operation to its end, which must be a success, and read its result. */
  private static <T> T followed(ApiClient api, Operation begun, Class<T> type) throws Exception {
    Operation operation = begun;
    var request = OperationsApi.APIGetRequest.newBuilder()
        .operation(begun.getId()).prefer("wait=20").build();
    while (!FINAL.contains(operation.getStatus())) {
      operation = patiently(() -> new OperationsApi(api).get(request));
    }
    require(operation.getStatus().equals("succeeded"), "The operation ends well");
    return api.getObjectMapper().convertValue(operation.getResult(), type);
  }

  /** Call, and again after 429, 503 or a lost answer; a change has its Idempotency-Key. */
  private static <T> T patiently(Call<T> call) throws Exception {
    for (int tried = 1; ; tried++) {
      try {
        return call.send();
      } catch (ApiException refused) {
        boolean isLost = refused.getCause() instanceof IOException;
        if (tried == TRIES || !(isLost || refused.getCode() == 429 || refused.getCode() == 503)) {
          throw refused;
        }
        Thread.sleep(isLost ? 100 : 1000 * retryAfter(refused));
      }
    }
  }

  private static long retryAfter(ApiException refused) {
    return refused.getResponseHeaders().firstValueAsLong("Retry-After").orElse(1);
  }

  private interface Call<T> {
    T send() throws ApiException;
  }

  private static String newKey() {
    return UUID.randomUUID().toString();
  }

  private static void require(boolean isSo, String what) {
    if (!isSo) {
      System.out.println("This should be so, and is not: " + what);
      System.exit(1);
    }
  }

  private static void tell(String step) {
    System.out.println("{\"step\": \"" + step + "\"}");
  }
}
