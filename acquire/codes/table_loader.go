package codes

// loader are status words of BootROM and preloader. Sources: mtkclient's error.py; the
// last three from the memory commands of MediaTek's preloader for the MT6582.
var loader = []row{
	{0x1A1D, "REGISTER_OR_CACHE", "register or cache access refused", Policy},
	{0x1D00, "ADDRESS_TOO_HIGH_80000000", "the address is beyond the memory", Fault},
	{0x1D02, "INVALID_ADDRESS", "the address is none of the memory", Fault},
	{0x1D0C, "NO_AUTH_NEEDED", "no authentication needed", Nothing},
	{0x1D0D, "SLA_REQUIRED", "a signed answer (SLA) is required", SLA},
	{0x1D0E, "DA_OVERLAP", "the agent would lie over the loader", Agent},
	{0x1D0F, "DA_INVALID_JUMP_ADDR", "the agent is started where it does not stand", Agent},
	{0x1D12, "DA_INVALID_ADDR_AND_LEN", "the agent does not fit where it is to stand", Agent},
	{0x1D13, "DA_LEN_IS_ZERO", "an agent of no bytes", Agent},
	{0x1D15, "DA_SIG_LEN_IS_ZERO_AND_DAA_ACTIVE", "the agent has no signature and the phone demands one", Signature},
	{0x1D16, "DA_NOT_EXIST", "no agent was sent before it was to start", Fault},
	{0x1D1A, "UNKNOWN_COMMAND", "unknown command", Optional},
	{0x1D1D, "BAUD_TOO_HIGH", "the serial line cannot be that fast", Link},
	{0x1D21, "DA_VERSION_NOT_SUPPORTED", "agent older than the device allows", Rollback},
	{0x2000, "AUTH_IMAGE_VERIFY_FAIL", "the authentication file is not this maker's", Auth},
	{0x2001, "DA_IMAGE_SIG_VERIFY_FAIL", "the agent's signature does not fit", Signature},
	{0x5A5B, "DA_IN_BLACKLIST", "this agent is banned on this chip", Rollback},
	{0x7003, "DA_INVALID_LOCATION", "the agent may not stand there", Agent},
	{0x7004, "DA_INVALID_LENGTH", "the agent is too long", Agent},
	{0x7015, "DAA_SECURITY_ERROR_SIGNATURE", "the signature does not fit", Signature},
	{0x7017, "DAA_SECURITY_ERROR", "Download Agent authentication failed", Signature},
	{0x7024, "DAA_SIG_VERIFY_FAILED", "the signature does not fit", Signature},
	{0xFFFD, "RANGE_OVERFLOW", "address range runs over", Fault},
	{0xFFFE, "ZERO_LENGTH", "zero length", Fault},
	{0xFFFF, "MISALIGNED", "address misaligned", Fault},
}
