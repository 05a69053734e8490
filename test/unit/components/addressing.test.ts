import assert from "node:assert/strict";
import fc from "fast-check";
import { addressInRange, macAddress, nodeAsn, vmId } from "../../../components/addressing.ts";

const clusterIds = fc.integer({ min: 1, max: 254 });
const suffixes = fc.integer({ min: 11, max: 253 });

describe("addresses and numbers that follow from id and suffix", () => {
  it("reads the same in both families", () => {
    assert.equal(addressInRange("fd00:101::/64", 11), "fd00:101::11");
    assert.equal(addressInRange("10.101.0.0/24", 11), "10.101.0.11");
    assert.equal(addressInRange("fd00:7::/64", 253), "fd00:7::253");
    assert.equal(addressInRange("10.255.101.0/24", 253), "10.255.101.253");
  });

  it("refuses a number that the range does not hold", () => {
    assert.throws(() => addressInRange("10.0.60.0/28", 21), new RangeError("10.0.60.0/28 has no address number 21"));
    assert.equal(addressInRange("10.0.60.16/28", 5), "10.0.60.21");
  });

  it("shows the VM id in the MAC address", () => {
    assert.equal(vmId(101, 11), 101_011);
    assert.equal(macAddress(101, 11), "bc:24:11:10:10:11");
    assert.equal(macAddress(7, 253), "bc:24:11:00:72:53");
    assert.equal(nodeAsn(101, 11), 4_210_101_011);
  });

  it("gives no two nodes the same MAC address, VM id or ASN", () => {
    fc.assert(
      fc.property(clusterIds, suffixes, clusterIds, suffixes, (idA, suffixA, idB, suffixB) => {
        const same = idA === idB && suffixA === suffixB;
        assert.equal(macAddress(idA, suffixA) === macAddress(idB, suffixB), same);
        assert.equal(vmId(idA, suffixA) === vmId(idB, suffixB), same);
        assert.equal(nodeAsn(idA, suffixA) === nodeAsn(idB, suffixB), same);
      }),
    );
  });
});
