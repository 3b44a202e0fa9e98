// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The phi accrual failure detector. */
package io.weft.plugin.fd.phi;
