package scatter

// Values of SP Flash Tool.
const (
	update    = "UPDATE"
	invisible = "INVISIBLE"
	protected = "PROTECTED"
	binregion = "BINREGION"
	bootload  = "BOOTLOADERS"
	reserved  = "RESERVED"

	rom  = "NORMAL_ROM"
	ext4 = "EXT4_IMG"
	boot = "SV5_BL_BIN"
)

// The reasons of the partitions that belong to one phone; secrets has what each holds.
const (
	howIdentity = "ptgen protects it, and no firmware contains it"
	howLock     = "no published file downloads it"
)

type preset struct {
	file, operation, payload string
	private                  bool
	note                     string // a different name or value on other phones, or the vendor that has the partition
}

// reasoned is a preset with the reason of its theme.
type reasoned struct {
	preset
	why string
}

// theme is a group of partitions whose values have one reason.
type theme struct {
	why  string
	rows map[string]preset
}

// known has the partitions by their Canonical names.
var known = byName(themes)

func byName(themes []theme) map[string]reasoned {
	m := map[string]reasoned{}
	for _, t := range themes {
		for name, p := range t.rows {
			m[name] = reasoned{p, t.why}
		}
	}
	for n := '4'; n <= '9'; n++ { // a player of 2015 has EBR1 to EBR9
		m["ebr"+string(n)] = reasoned{preset{"EBR" + string(n), update, rom, false, "MT8590"}, m["ebr1"].why}
	}
	return m
}

// themes hold the values that most of some 60 published scatter files from MT6572 to
// MT6893 have. Private are the partitions that ptgen protects from a full format
// (PROTECTED, BINREGION), and those known to hold keys, locks, logs or the owner's
// data. Reason.Words shows the reasons.
var themes = []theme{
	{"the boot chain, as ptgen writes it", map[string]preset{
		"preloader":        {"preloader.bin", bootload, boot, false, ""},
		"preloader_backup": {"preloader.bin", bootload, rom, false, "MT6781"},
		"dsp_bl":           {"DSP_BL", bootload, boot, false, "MT6575, NAND"},
		"lk":               {"lk.bin", update, rom, false, "all, UBOOT before MT6735"},
		"lk2":              {"lk.bin", update, rom, false, "the same image as lk, both lk.img from MT6763 on"},
		"lk_a":             {"lk.img", update, rom, false, "A/B phones write lk.img"},
		"loader_ext1":      {"loader_ext.img", bootload, rom, false, ""},
		"loader_ext2":      {"loader_ext.img", bootload, rom, false, ""},
		"tee1":             {"tee.img", update, rom, false, "trustzone.bin before MT6755"},
		"tee2":             {"tee.img", update, rom, false, ""},
		"tee":              {"tee.img", update, rom, false, ""},
		"mitee":            {"mitee.img", update, rom, false, "Xiaomi MT6893"},
		"gz":               {"gz.img", update, rom, false, ""},
		"gz1":              {"", invisible, rom, false, ""},
		"gz2":              {"", invisible, rom, false, ""},
		"efuse":            {"efuse.img", update, rom, false, ""},
		"boot_para":        {"", invisible, rom, false, ""},
		"dram_para":        {"", invisible, rom, false, "MT6789"},
		"secro":            {"secro.img", update, rom, false, ""},
		"logo":             {"logo.bin", update, rom, false, ""},
	}},
	{"a partition table, as ptgen writes it", map[string]preset{
		"mbr":  {"MBR", update, rom, false, ""},
		"ebr1": {"EBR1", update, rom, false, ""},
		"ebr2": {"EBR2", update, rom, false, ""},
		"ebr3": {"EBR3", update, rom, false, "Oppo MT6582"},
		"pmt":  {"", invisible, rom, false, ""},
		"pgpt": {"", invisible, rom, false, ""},
	}},
	{"an Android image, under the name its build gives it", map[string]preset{
		"boot":          {"boot.img", update, rom, false, ""},
		"init_boot":     {"init_boot.img", update, rom, false, ""},
		"vendor_boot":   {"vendor_boot.img", update, rom, false, ""},
		"recovery":      {"recovery.img", update, rom, false, ""},
		"erecovery":     {"erecovery.img", update, rom, false, "Huawei"},
		"dtbo":          {"dtbo.img", update, rom, false, ""},
		"odmdtbo":       {"odmdtbo.img", update, rom, false, ""},
		"vbmeta":        {"vbmeta.img", update, rom, false, ""},
		"vbmeta_system": {"vbmeta_system.img", update, rom, false, ""},
		"vbmeta_vendor": {"vbmeta_vendor.img", update, rom, false, ""},
		"vbmeta_oem":    {"vbmeta_oem.img", update, rom, false, "vivo"},
		"vbmeta_vgc":    {"vbmeta_vgc.img", update, rom, false, "vivo"},
		"super":         {"super.img", update, rom, false, ""},
		"system":        {"system.img", update, ext4, false, ""},
		"vendor":        {"vendor.img", update, ext4, false, ""},
		"product":       {"product.img", update, ext4, false, ""},
		"odm":           {"odm.img", update, ext4, false, ""},
		"oem":           {"oem.img", update, ext4, false, ""},
		"cust":          {"cust.img", update, ext4, false, ""},
		"custom":        {"custom.img", update, ext4, false, "tablets"},
		"preload":       {"preload.img", update, ext4, false, "Lenovo MT6589"},
		"lenovocust":    {"lenovocust.img", update, ext4, false, "Lenovo"},
		"lenovoraw":     {"lenovoraw.img", update, rom, false, "Lenovo"},
		"rescue":        {"rescue.img", update, ext4, false, "Xiaomi"},
		"tranfs":        {"tranfs.img", update, ext4, false, "Infinix, Tecno"},
		"tkv":           {"tkv.img", update, rom, false, "Infinix, Tecno"},
		"cache":         {"cache.img", update, ext4, false, ""},
		"fat":           {"", invisible, "FAT_IMG", true, "the owner's files"},
		"userdata":      {"userdata.img", update, ext4, true, "the owner's data; firmware packages contain an empty one"},
	}},
	{"an image of the modem or a helper processor (MT6735 and later), as ptgen writes it", map[string]preset{
		"md1img":    {"md1img.img", update, rom, false, "md1rom.img until MT6757"},
		"md1img_1":  {"md1img_1.img", update, rom, false, "Oppo MT6833"},
		"md1dsp":    {"md1dsp.img", update, rom, false, ""},
		"md1arm7":   {"md1arm7.img", update, rom, false, ""},
		"md3img":    {"md3rom.img", update, rom, false, ""},
		"scp":       {"scp.img", update, rom, false, ""},
		"scp1":      {"scp.img", update, rom, false, ""},
		"scp2":      {"scp.img", update, rom, false, ""},
		"sspm":      {"sspm.img", update, rom, false, ""},
		"sspm_1":    {"sspm.img", update, rom, false, ""},
		"sspm_2":    {"sspm.img", update, rom, false, ""},
		"spmfw":     {"spmfw.img", update, rom, false, ""},
		"mcupmfw":   {"mcupmfw.img", update, rom, false, ""},
		"mcupm":     {"mcupm.img", update, rom, false, ""},
		"mcupm_1":   {"mcupm.img", update, rom, false, ""},
		"mcupm_2":   {"mcupm.img", update, rom, false, ""},
		"dpm":       {"dpm.img", update, rom, false, ""},
		"apusys":    {"apusys.img", update, rom, false, "MT6895 and later"},
		"ccu":       {"ccu.img", update, rom, false, "MT6895 and later"},
		"gpueb":     {"gpueb.img", update, rom, false, "MT6895 and later"},
		"mcf_ota":   {"mcf_ota.img", update, rom, false, "MT6895 and later"},
		"mvpu_algo": {"mvpu_algo.img", update, rom, false, "MT6895 and later"},
		"vcp":       {"vcp.img", update, rom, false, "MT6895 and later"},
		"dpm_1":     {"dpm.img", update, rom, false, ""},
		"dpm_2":     {"dpm.img", update, rom, false, ""},
		"pi_img":    {"pi_img.img", update, rom, false, ""},
		"audio_dsp": {"audio_dsp.img", update, rom, false, "MT6781"},
		"cam_vpu1":  {"cam_vpu1.img", update, rom, false, ""},
		"cam_vpu2":  {"cam_vpu2.img", update, rom, false, ""},
		"cam_vpu3":  {"cam_vpu3.img", update, rom, false, ""},
	}},
	{howIdentity, map[string]preset{
		"proinfo":       {"", protected, rom, true, ""},
		"nvram":         {"", binregion, rom, true, ""},
		"nvdata":        {"", invisible, ext4, true, ""},
		"nvcfg":         {"", protected, ext4, true, ""},
		"protect1":      {"", protected, ext4, true, ""},
		"protect2":      {"", protected, ext4, true, ""},
		"persist":       {"", protected, ext4, true, ""},
		"persistbak":    {"", protected, ext4, true, "Xiaomi"},
		"backup":        {"", binregion, rom, true, "vivo"},
		"efs":           {"", invisible, rom, true, "Samsung"},
		"sec_efs":       {"", invisible, rom, true, "Samsung"},
		"misc2":         {"", protected, rom, true, "LG"},
		"tdfs":          {"", protected, rom, true, "Tecno"},
		"transec":       {"", protected, rom, true, "Tecno"},
		"simlock":       {"", invisible, rom, true, "TCL"},
		"utags":         {"", protected, rom, true, "Lenovo"},
		"lenovosku_1":   {"", invisible, rom, true, "Lenovo"},
		"lenovosku_2":   {"", invisible, rom, true, "Lenovo"},
		"hw":            {"", protected, rom, true, "Lenovo"},
		"dkb":           {"", protected, rom, true, "device key block, MT8167"},
		"kb":            {"", protected, rom, true, "key block, MT8167"},
		"devinfo":       {"", invisible, rom, true, "Xiaomi, Meizu"},
		"oeminfo":       {"", invisible, rom, true, "Vernee"},
		"oppo_custom":   {"", protected, rom, true, "Oppo"},
		"reserve1":      {"", invisible, rom, true, "Oppo before opporeserve1, Huawei"},
		"reserve2":      {"", invisible, rom, true, "Oppo before opporeserve2"},
		"reserve3":      {"", invisible, rom, true, "Oppo before opporeserve3"},
		"reserve4":      {"", invisible, rom, true, "Oppo MT6582"},
		"ocdt":          {"", protected, rom, true, "Oppo"},
		"opporeserve1":  {"", protected, rom, true, "Oppo"},
		"opporeserve2":  {"", protected, ext4, true, "Oppo"},
		"opporeserve3":  {"", protected, rom, true, "Oppo"},
		"opporeserve5":  {"", protected, rom, true, "Oppo"},
		"opporeserve6":  {"", protected, rom, true, "Oppo"},
		"oplusreserve1": {"", protected, rom, true, "Oppo"},
		"oplusreserve2": {"", protected, ext4, true, "Oppo"},
		"oplusreserve3": {"", protected, rom, true, "Oppo"},
		"oplusreserve5": {"", protected, rom, true, "Oppo"},
		"oplusreserve6": {"", protected, rom, true, "Oppo"},
		"oplus_custom":  {"", protected, rom, true, "Oppo"},
		"rfcal":         {"", invisible, rom, true, "calibration of the radio"},
	}},
	{howLock, map[string]preset{
		"seccfg":      {"", invisible, rom, true, ""},
		"lenovolock":  {"", invisible, rom, true, "Lenovo"},
		"persistent":  {"", invisible, rom, true, "Samsung"},
		"steady":      {"", invisible, rom, true, "Samsung"},
		"sec1":        {"", invisible, rom, true, ""},
		"frp":         {"", invisible, rom, true, ""},
		"keystore":    {"", invisible, rom, true, ""},
		"oemkeystore": {"", invisible, rom, true, ""},
		"metadata":    {"", invisible, rom, true, "key of the encrypted userdata"},
		"md_udc":      {"", invisible, rom, true, ""},
	}},
	{"state of the running phone: ptgen hides it", map[string]preset{
		"para":    {"", invisible, rom, false, ""},
		"misc":    {"", invisible, rom, false, "para's name of the MBR generation"},
		"expdb":   {"", invisible, rom, true, "crash logs"},
		"logdump": {"", invisible, rom, true, ""},
		"log":     {"", invisible, rom, true, ""},
		"oops":    {"", invisible, rom, true, "crash logs, Xiaomi"},
		"rrecord": {"", invisible, rom, true, "crash logs, Huawei"},
		"bfr":     {"", invisible, rom, true, "failed starts, Huawei"},
	}},
	{"counted from the end of the flash: SP Flash Tool never downloads it", map[string]preset{
		"otp":       {"", reserved, rom, true, ""},
		"sdrpmb":    {"", reserved, rom, true, ""},
		"mrdump":    {"", reserved, rom, true, "memory at the last crash"},
		"flashinfo": {"", reserved, rom, false, ""},
		"bmtpool":   {"", reserved, rom, false, ""},
		"sgpt":      {"", reserved, rom, false, ""},
	}},
}
