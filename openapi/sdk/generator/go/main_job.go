// The main job with the SDK for Go that openapi-generator makes, and an example of its use.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"mainjob/spegateway"
)

const tries = 10

func main() {
	operator := signedIn(os.Getenv("OPERATOR_CLIENT_ID"), os.Getenv("OPERATOR_CLIENT_SECRET"))
	tell("signed-in")
	register(operator)
	tell("registered")
	first, second := reseller(operator, "Northwind IT"), reseller(operator, "Southside Hosting")
	tell("resellers")
	instance := create(first)
	tell("created")
	verify(first, instance)
	tell("verified")
	requireAbsent(second, instance)
	tell("absent")
	page := patiently(operator.api.InstancesAPI.List(operator.as).Execute)
	require(holds(page.Items, instance), "The operator sees the instance")
	tell("seen")
}

func holds(instances []spegateway.Instance, id string) bool {
	for _, each := range instances {
		if each.Id == id {
			return true
		}
	}
	return false
}

// A caller is a client with the context that holds its token.
type caller struct {
	api *spegateway.APIClient
	as  context.Context
}

func signedIn(id, secret string) caller {
	settings := spegateway.NewConfiguration()
	settings.Servers = spegateway.ServerConfigurations{{URL: os.Getenv("GATEWAY_URL")}}
	api := spegateway.NewAPIClient(settings)
	call := api.OauthAPI.CreateToken(context.Background()).
		GrantType("client_credentials").ClientId(id).ClientSecret(secret)
	token := patiently(call.Execute).AccessToken
	return caller{api, context.WithValue(context.Background(), spegateway.ContextAccessToken, token)}
}

// Register the deployment, pinned to the certificate that was looked at before.
func register(operator caller) {
	host := os.Getenv("SPE_HOST")
	port, _ := strconv.ParseInt(os.Getenv("SPE_PORT"), 10, 64)
	place := spegateway.Probe{Host: host, Port: &port}
	found := patiently(operator.api.DeploymentsAPI.Probe(operator.as).Probe(place).Execute).Sha256
	require(strings.EqualFold(found, os.Getenv("SPE_THUMBPRINT")), "The thumbprint is the right one")
	wanted := spegateway.NewDeploymentCreate(
		host, os.Getenv("SPE_NAME"), os.Getenv("SPE_PASSWORD"), os.Getenv("SPE_USER"))
	wanted.SetPort(port)
	wanted.SetCertificate(spegateway.CertificateTrust{Pin: &found})
	patiently(operator.api.DeploymentsAPI.Create(operator.as).
		DeploymentCreate(*wanted).IdempotencyKey(newKey()).Execute)
}

// Make a reseller with an API client, and sign that in.
func reseller(operator caller, name string) caller {
	made := patiently(operator.api.ResellersAPI.Create(operator.as).
		ResellerCreate(*spegateway.NewResellerCreate(name)).IdempotencyKey(newKey()).Execute)
	portal := spegateway.NewClientCreate("Portal")
	portal.SetReseller(made.Id)
	portal.SetRoles([]string{"reseller-admin"})
	client := patiently(operator.api.ClientsAPI.Create(operator.as).
		ClientCreate(*portal).IdempotencyKey(newKey()).Execute)
	return signedIn(client.ClientId, client.GetClientSecret())
}

// Make an instance with a store and a user; return its id.
func create(portal caller) string {
	wanted := spegateway.NewInstanceCreate("Acme Corporation", os.Getenv("SPE_NAME"))
	wanted.SetArchiveAdmin(true)
	wanted.SetStore(*spegateway.NewStoreCreate("Mail"))
	user := spegateway.NewUserCreate("jane.doe")
	user.SetPassword("correct horse")
	wanted.SetUsers([]spegateway.UserCreate{*user})
	answer := patiently(portal.api.InstancesAPI.Create(portal.as).
		InstanceCreate(*wanted).IdempotencyKey(newKey()).Execute)
	if answer.Operation == nil {
		return answer.Instance.Id
	}
	var made spegateway.Instance
	follow(portal, answer.Operation, &made)
	return made.Id
}

// Verify the first store of an instance, to its end.
func verify(portal caller, instance string) {
	answer := patiently(portal.api.StoresAPI.List(portal.as, instance).Execute)
	page := answer.StorePage
	if answer.Operation != nil {
		page = &spegateway.StorePage{}
		follow(portal, answer.Operation, page)
	}
	begun := patiently(portal.api.StoresAPI.Verify(portal.as, instance, page.Items[0].Id).
		StoreVerificationRequest(spegateway.StoreVerificationRequest{}).
		Prefer("wait=0").IdempotencyKey(newKey()).Execute)
	require(begun.Operation != nil, "Verifying goes on as an operation")
	var run spegateway.StoreRun
	follow(portal, begun.Operation, &run)
}

// Another reseller's instance is not there.
func requireAbsent(portal caller, instance string) {
	page := patiently(portal.api.InstancesAPI.List(portal.as).Execute)
	require(len(page.Items) == 0, "The list is empty")
	_, err := tried(portal.api.InstancesAPI.Get(portal.as, instance).Execute)
	problem, ok := problemOf(err)
	require(ok && problem.Code == "NOT_FOUND", "The instance is absent")
}

// Follow an operation to its end, which must be a success, and read its result.
func follow(of caller, operation *spegateway.Operation, result any) {
	for !final(operation.Status) {
		operation = patiently(of.api.OperationsAPI.Get(of.as, operation.Id).Prefer("wait=20").Execute)
	}
	require(operation.Status == "succeeded", "The operation ends well")
	text, err := json.Marshal(operation.Result)
	require(err == nil && json.Unmarshal(text, result) == nil, "The result can be read")
}

func final(status string) bool {
	return status == "succeeded" || status == "failed" || status == "cancelled" || status == "unknown"
}

// Call, and again after 429, 503 or a lost answer; a change has its Idempotency-Key.
func patiently[T any](call func() (T, *http.Response, error)) T {
	answer, err := tried(call)
	require(err == nil, fmt.Sprint("A call succeeds: ", err))
	return answer
}

func tried[T any](call func() (T, *http.Response, error)) (answer T, err error) {
	for try := 0; try < tries; try++ {
		var response *http.Response
		answer, response, err = call()
		if err == nil || !worthAnotherTry(response) {
			break
		}
		time.Sleep(pause(response))
	}
	return answer, err
}

func worthAnotherTry(response *http.Response) bool {
	return response == nil || response.StatusCode == 429 || response.StatusCode == 503
}

func pause(response *http.Response) time.Duration {
	if response == nil {
		return 100 * time.Millisecond
	}
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	return time.Duration(seconds) * time.Second
}

func problemOf(err error) (problem spegateway.Problem, ok bool) {
	var refused *spegateway.GenericOpenAPIError
	if errors.As(err, &refused) {
		problem, ok = refused.Model().(spegateway.Problem)
	}
	return problem, ok
}

func newKey() string {
	key := make([]byte, 16)
	_, err := rand.Read(key)
	require(err == nil, "There is randomness")
	return hex.EncodeToString(key)
}

func require(isSo bool, what string) {
	if !isSo {
		fmt.Println("This should be so, and is not:", what)
		os.Exit(1)
	}
}

func tell(step string) {
	line, _ := json.Marshal(map[string]string{"step": step})
	fmt.Println(string(line))
}
