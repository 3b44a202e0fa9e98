// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/**
 * Mastership that follows the work: collects what the shards have counted, asks the policy which
 * buckets to move, moves them, and answers the API. Its own service on the interconnect carries
 * loads, orders and what is known of a moved bucket; no message of it decides who is a master.
 */
package io.weft.cachefusion.mastery;
