#ifndef ENDPOINTS_DEVICE_DEVICE_H
#define ENDPOINTS_DEVICE_DEVICE_H

#include "endpoints/app.h"

/* The device protocol, /device/v1/. */
enum status device_enrolment_lookup(const struct app *app, const struct request *req, struct response *res);
enum status device_enrolment_redeem(const struct app *app, const struct request *req, struct response *res);
enum status device_enrolment_poll(const struct app *app, const struct request *req, struct response *res);
enum status device_challenges(const struct app *app, const struct request *req, struct response *res);
enum status device_challenge(const struct app *app, const struct request *req, struct response *res);
enum status device_challenge_answer(const struct app *app, const struct request *req, struct response *res);
enum status device_expect_post(const struct app *app, const struct request *req, struct response *res);
enum status device_history_get(const struct app *app, const struct request *req, struct response *res);
enum status device_events_open(const struct app *app, struct http_exchange *exchange);
enum status device_get(const struct app *app, const struct request *req, struct response *res);
enum status device_push_put(const struct app *app, const struct request *req, struct response *res);
enum status device_push_test_post(const struct app *app, const struct request *req, struct response *res);
enum status device_push_echo_post(const struct app *app, const struct request *req, struct response *res);
enum status device_delete(const struct app *app, const struct request *req, struct response *res);

#endif
