"""Where the name in a message is not the YAML name in another spelling.

(message below talos.resource.definitions, YAML name) -> field; a dot leads into a nested message.
"""

from collections.abc import Mapping

NAMES: Mapping[tuple[str, str], str] = {
    ("block.EncryptionKey", "pcrs"): "tpmpc_rs",
    ("block.EncryptionKey", "pubKeyPcrs"): "tpm_pub_key_pc_rs",
    ("block.MountRequestSpec", "parentID"): "parent_mount_id",
    ("block.SwapStatusSpec", "size"): "size_bytes",
    ("block.SwapStatusSpec", "used"): "used_bytes",
    ("block.VolumeStatusSpec", "symlink"): "symlink_spec",
    ("block.ZswapStatusSpec", "totalSize"): "total_size_bytes",
    ("cluster.ControlPlane", "port"): "api_server_port",
    ("cri.RegistriesConfigSpec", "auths"): "registry_auths",
    ("cri.RegistriesConfigSpec", "mirrors"): "registry_mirrors",
    ("cri.RegistriesConfigSpec", "tls"): "registry_tl_ss",
    ("cri.RegistryAuthConfig", "auth"): "registry_auth",
    ("cri.RegistryAuthConfig", "identityToken"): "registry_identity_token",
    ("cri.RegistryAuthConfig", "password"): "registry_password",
    ("cri.RegistryAuthConfig", "username"): "registry_username",
    ("cri.RegistryEndpointConfig", "endpoint"): "endpoint_endpoint",
    ("cri.RegistryEndpointConfig", "overridePath"): "endpoint_override_path",
    ("cri.RegistryMirrorConfig", "endpoints"): "mirror_endpoints",
    ("cri.RegistryMirrorConfig", "skipFallback"): "mirror_skip_fallback",
    ("cri.RegistryTLSConfig", "ca"): "tlsca",
    ("cri.RegistryTLSConfig", "clientIdentity"): "tls_client_identity",
    ("cri.RegistryTLSConfig", "insecureSkipVerify"): "tls_insecure_skip_verify",
    ("hardware.MemoryModuleSpec", "sizeMiB"): "size",
    ("hardware.ProcessorSpec", "bootSpeedMhz"): "boot_speed",
    ("hardware.ProcessorSpec", "maxSpeedMhz"): "max_speed",
    ("k8s.APIServerConfigSpec", "serviceCIDR"): "service_cid_rs",
    ("k8s.BootstrapManifestsConfigSpec", "string"): "server",
    ("network.BondMasterSpec", "tlbLogicalLb"): "tlb_dynamic_lb",
    ("network.BondMasterSpec", "xmitHashPolicy"): "hash_policy",
    ("network.EthernetStatusSpec", "speedMbit"): "speed_megabits",
    ("network.LinkSpecSpec", "hardwareAddr"): "hardware_address",
    ("network.LinkSpecSpec", "masterName"): "bond_slave.master_name",
    ("network.LinkSpecSpec", "slaveIndex"): "bond_slave.slave_index",
    ("network.LinkStatusSpec", "speedMbit"): "speed_megabits",
    ("network.NfTablesIfNameMatch", "interfaceName"): "interface_names",
    ("network.NfTablesRule", "anonymousCounter"): "anon_counter",
    ("network.RouteSpecSpec", "dst"): "destination",
    ("network.RouteSpecSpec", "src"): "source",
    ("network.RouteStatusSpec", "dst"): "destination",
    ("network.RouteStatusSpec", "src"): "source",
    ("network.TimeServerSpecSpec", "timeServers"): "ntp_servers",
    ("network.TimeServerStatusSpec", "timeServers"): "ntp_servers",
    ("network.VLANSpec", "vlanID"): "vid",
    ("network.VLANSpec", "vlanProtocol"): "protocol",
    ("perf.MemorySpec", "available"): "mem_available",
    ("perf.MemorySpec", "total"): "mem_total",
    ("perf.MemorySpec", "used"): "mem_used",
    ("runtime.KernelModuleSpecSpec", "string"): "name",
    ("meta.ResourceDefinitionSpec", "type"): "resource_type",
}

# In every message.
EVERYWHERE: Mapping[str, str] = {"layer": "config_layer"}
